"""What commands say to a person: how to go on, and why they cannot."""

import os
from typing import NoReturn

import typer


def give_up(sentence: object, code: int = 1) -> NoReturn:
    """End the program with a sentence on standard error, and this exit code."""
    typer.secho(str(sentence), err=True, fg="red")
    raise typer.Exit(code)


def own_command(arguments: str) -> str:
    """A command of Towpath's as the reader types it: with ``uv run`` where uv has run this one.

    There the program is on the PATH for as long as it runs, and not in the reader's shell. Without --no-sync
    uv would fetch the development tools, 400 MB, for a reader who has left them out, or remove them.
    """
    return f"{'uv run --no-sync ' if 'UV_RUN_RECURSION_DEPTH' in os.environ else ''}towpath {arguments}"
