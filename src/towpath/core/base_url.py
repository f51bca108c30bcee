"""Base URLs of APIs: what is one, and how it looks without what clients add to it. Pure."""

import re

# A scheme, perhaps a user, a name or an IPv6 address, perhaps a port, perhaps a path.
_BASE_URL = re.compile(
    r"https?://([^\s/?#]*@)?(\[[\da-f:.]+\]|[^\s/?#@:\[\]]+)(:(?P<port>\d+))?([/?#]\S*)?", re.IGNORECASE
)
_MOST_PORTS = 65535


def checked(value: str) -> str:
    """The value, which may be empty. Raises ValueError if it is no base URL."""
    found = _BASE_URL.fullmatch(value)
    if value and not (found and int(found["port"] or 0) <= _MOST_PORTS):
        raise ValueError("must be an address such as https://gateway.example or http://127.0.0.1:4000")
    return value


def without_version(url: str) -> str:
    """The URL without the /v1 that clients add."""
    return re.sub(r"(/v1)?/*$", "", url)
