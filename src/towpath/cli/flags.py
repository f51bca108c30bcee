"""Settings as flags: made from the table in ``towpath.settings``, so that the two cannot differ."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer
from pydantic import ValidationError

from towpath.settings import Settings


def with_settings_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one flag for each setting, beside its own; what is not given arrives as None."""
    own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
    parameters = [
        *own,
        _flag(
            "internal",
            typer.Option(False, "--internal", help="Towpath runs the tools: the same as --passthrough 0."),
            bool,
        ),
        *(
            _flag(name, typer.Option(None, f"--{_dashed(name)}", help=_help(name)), str | None)
            for name in Settings.model_fields
        ),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def given_flags(flags: Mapping[str, object]) -> dict[str, Any]:
    """The settings that were given as flags."""
    given = {name: value for name, value in flags.items() if value is not None}
    return {**given, "passthrough": "0"} if given.pop("internal", False) else given


def arguments_from(flags: Mapping[str, object]) -> list[str]:
    """Flags as arguments of another process."""
    return [f"--{_dashed(name)}={value}" for name, value in given_flags(flags).items()]


def _flag(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _help(name: str) -> str:
    default = Settings.default_in_words(name)
    return f"{Settings.model_fields[name].description}{f' Default: {default}.' if default else ''}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def settings_from(flags: Mapping[str, object]) -> Settings:
    """The settings: flags over environment over defaults. A bad value ends the program with a sentence."""
    given = given_flags(flags)
    try:
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            where = f"--{_dashed(name)}" if name in given else Settings.env_name(name)
            message = problem["msg"].removeprefix("Value error, ")
            typer.secho(f"{where}: {message} (given: {problem['input']!r})", err=True, fg="red")
        raise typer.Exit(2) from None
