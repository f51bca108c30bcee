"""The address at which programs on this machine reach the server that the settings describe."""

import ipaddress

import typer

from towpath.settings import Settings


def client_url(settings: Settings) -> str:
    """``http://host:port``, without a path. Ends the program with a sentence if the port is 0."""
    if settings.port == 0:
        raise typer.BadParameter(
            "0 takes another port at each start, but a client needs a fixed one", param_hint="--port"
        )
    return url_at(_reachable(settings.host), settings.port)


def url_at(host: str, port: int) -> str:
    """``http://host:port``."""
    return f"http://{name_in_url(host)}:{port}"


def name_in_url(host: str) -> str:
    """A host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _reachable(host: str) -> str:
    """A server that listens on all addresses is reached on the loopback one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
