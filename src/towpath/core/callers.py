"""Names of hosts and origins of web pages, as an operator writes them and a browser sends them. Pure."""

import re

# An IPv6 address is without its brackets.
_HOST = re.compile(r"[^\s/@:\[\]]+|[\da-f.]*:[\da-f.]*:[\da-f:.]*")
# Extensions and programs have schemes of their own; a file, or a page in a sandbox, has the origin "null".
_ORIGIN = re.compile(r"[a-z][a-z\d+.-]*://[^\s/?#@]+|null")


def checked_host(name: str) -> str:
    """The name. Raises ValueError if no request can have it in Host."""
    if not _HOST.fullmatch(name):
        raise ValueError("must be names without a port, such as box.example")
    return name


def checked_origin(origin: str) -> str:
    """The origin. Raises ValueError if no page can have it."""
    if not _ORIGIN.fullmatch(origin):
        raise ValueError("must be origins such as https://chat.example or http://localhost:5173")
    return origin
