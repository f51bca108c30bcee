"""Settings as flags: made from the table in ``towpath.settings``, so that the two cannot differ."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer
from pydantic import ValidationError

from towpath.settings import Settings


def with_settings_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each setting; what is not given arrives as None."""
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=typer.Option(None, f"--{name.replace('_', '-')}", help=field.description),
            annotation=str | None,
        )
        for name, field in Settings.model_fields.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def settings_from(flags: Mapping[str, object]) -> Settings:
    """The settings: flags over environment over defaults. A bad value ends the program with a sentence."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            where = f"--{name.replace('_', '-')}" if name in given else Settings.env_name(name)
            message = problem["msg"].removeprefix("Value error, ")
            typer.secho(f"{where}: {message} (given: {problem['input']!r})", err=True, fg="red")
        raise typer.Exit(2) from None
