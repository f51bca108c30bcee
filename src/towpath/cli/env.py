"""`towpath env`: the variables that point a client to Towpath, as lines for a shell to take over."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated

import typer

from towpath.cli.console import give_up, own_command
from towpath.cli.flags import PORT, settings_from
from towpath.cli.one_access import ACCESS, url_of
from towpath.cli.one_key import one_key
from towpath.core.client_habits import recipes as core_clients
from towpath.core.client_habits.recipes import DUMMY_KEY
from towpath.settings import Settings

# Those that read variables; the others have files or forms, which the server's page shows.
CLIENTS: Mapping[str, Mapping[str, str | None]] = {
    name: client.variables for name, client in core_clients.CLIENTS.items() if client.variables
}
_DEFAULT_CLIENT = "sdk"
_REFUSED = 2
_NO_SINGLE_KEY = (
    f"{Settings.env_name('api_key')} does not begin with a key that a shell could read alone. Write its keys "
    "as a,b or name a file that has one on each line (@FILE)."
)

# How a line of each shell looks, and how it takes lines over.
_LINES = {
    "bash": "export {name}={value}",
    "zsh": "export {name}={value}",
    "fish": "set -gx {name} {value};",
}
_TAKE_OVER = {
    "bash": 'eval "$({command})"',
    "zsh": 'eval "$({command})"',
    "fish": "{command} | source",
}
# Shells that read the same lines as another one.
_LIKE = {"sh": "bash", "dash": "bash", "ash": "bash", "ksh": "bash", "": "bash"}


def env(
    client: Annotated[
        str,
        typer.Argument(
            metavar="CLIENT", help=f"One of: {', '.join(CLIENTS)}.", autocompletion=lambda: list(CLIENTS)
        ),
    ] = _DEFAULT_CLIENT,
    shell: str | None = typer.Option(
        None,
        help=f"One of: {', '.join(_LINES)}. Default: the one that SHELL names.",
        autocompletion=lambda: list(_LINES),
    ),
    port: str | None = PORT,
    access: str | None = ACCESS,
) -> None:
    """Print the shell lines that point a client to Towpath. Writes nothing.

    Example: eval "$(towpath env claude)"
    """
    settings = settings_from({"port": port})
    if client not in CLIENTS:
        give_up(f"Unknown client {client!r}. Choose one of: {', '.join(CLIENTS)}.", _REFUSED)
    family = shell_family(shell if shell is not None else os.environ.get("SHELL", ""))
    if family is None:
        give_up(f"Unknown shell. Choose one with --shell: {', '.join(_LINES)}.", _REFUSED)
    key = one_key(settings, family) if settings.keys else shlex.quote(DUMMY_KEY)
    if key is None:
        give_up(_NO_SINGLE_KEY, _REFUSED)
    for line in lines(client, family, url_of(settings, access), key):
        typer.echo(line)
    if sys.stdout.isatty():  # a person reads, no shell
        which = f" --access {access}" if access else ""
        call = _TAKE_OVER[family].format(command=own_command(f"env {client}{which}"))
        typer.secho(f"To run these lines: {call}", err=True, dim=True)


def shell_family(program: str) -> str | None:
    """The shell whose lines a program understands, by its name or path; None if that is not known."""
    name = PurePath(program).name
    family = _LIKE.get(name, name)
    return family if family in _LINES else None


def lines(client: str, shell: str, url: str, key: str) -> list[str]:
    """The lines for a client. ``key``: what the shell is to read as the key."""
    return [
        _LINES[shell].format(name=name, value=key if path is None else shlex.quote(url + path))
        for name, path in CLIENTS[client].items()
    ]
