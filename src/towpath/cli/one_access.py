"""An access as a client gets it: a part of the server's address."""

import os

import typer

from towpath.cli.address import client_url
from towpath.cli.console import give_up
from towpath.core.accesses import DEFAULT, AccessesError, no_such_access, path_of
from towpath.settings import Settings

ACCESS = typer.Option(
    None, "--access", metavar="NAME", help="One of accesses.toml (docs/access.md). Default: the server's own."
)
_REFUSED = 2


def url_of(settings: Settings, access: str | None) -> str:
    """The address of the server, or of one of its accesses: what comes before /v1.

    Ends the program with a sentence if there is no such access.
    """
    url = client_url(settings)
    if access is None:
        return url
    from towpath.server.upstream.accesses import (
        accesses_of,  # a quarter of a second that others need not wait
    )

    try:
        known = accesses_of(settings, os.environ)
    except AccessesError as error:
        give_up(f"{settings.accesses}: {error}", _REFUSED)
    if access not in known:
        give_up(no_such_access(access, known).message, _REFUSED)
    return url if access == DEFAULT else f"{url}/{path_of(access).rstrip('/')}"
