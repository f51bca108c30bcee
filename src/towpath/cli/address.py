"""The address at which programs on this machine reach the server that the settings describe."""

import ipaddress

import typer

from towpath.settings import Settings


def client_url(settings: Settings) -> str:
    """``http://host:port``, without a path. Ends the program with a sentence if the port is 0."""
    if settings.port == 0:
        raise typer.BadParameter("0 takes another port at each start; clients need one", param_hint="--port")
    host = _reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _reachable(host: str) -> str:
    """A server that listens on all addresses is reached on the loopback one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
