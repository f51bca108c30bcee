"""Base URLs: which lead to this proxy, and how one is shown."""

from urllib.parse import SplitResult, urlsplit

from towpath.cli.address import name_in_url
from towpath.server.loopback import is_loopback

_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
_DEFAULT_PORTS = {"http": 80, "https": 443}


def leads_here(url: str, host: str, port: int) -> bool:
    """Whether a base URL is the address of a proxy that listens on ``host`` and ``port``."""
    parts = _split(url)
    if parts is None or _port_of(parts) != port:
        return False
    name = (parts.hostname or "").rstrip(".")
    if is_loopback(host) or host in _WILDCARDS:
        return is_loopback(name) or name in _WILDCARDS or name == host
    return name == host.lower()


def shown(url: str) -> str:
    """A URL without what could be secret in it: user, password, query."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return "something that is not a URL"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{name_in_url(parts.hostname)}{port}{parts.path}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts


def _port_of(parts: SplitResult) -> int | None:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme)
