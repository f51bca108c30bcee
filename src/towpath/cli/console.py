"""What a command says to a person when it cannot go on."""

from typing import NoReturn

import typer


def give_up(sentence: object, code: int = 1) -> NoReturn:
    """End the program with a sentence on standard error, and this exit code."""
    typer.secho(str(sentence), err=True, fg="red")
    raise typer.Exit(code)
