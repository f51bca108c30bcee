"""Settings as flags: made from the table in ``towpath.settings``, so that the two cannot differ."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import ValidationError

from towpath.cli.bad_values import in_words
from towpath.settings import Settings

# The flags of the help under headings, the common ones first; a test keeps every setting in one of them.
GROUPS: Mapping[str, Sequence[str]] = {
    "Common": (
        *("port", "host", "api_key", "workdir"),
        *("upstream_base_url", "upstream_api_key", "accesses", "log_level"),
    ),
    "Who may call": ("allowed_hosts", "allowed_origins"),
    "Who runs the tools": (
        *("passthrough", "allow_internal", "allow_bash"),
        *("max_turns", "show_tools", "file_changes"),
    ),
    "How much": ("max_concurrent", "max_waiting", "spares", "memory_budget_mb", "no_extra_usage"),
    "How long": (
        *("idle_timeout_seconds", "parked_timeout_seconds", "start_timeout_seconds"),
        *("first_event_timeout_seconds", "stall_timeout_seconds", "request_timeout_seconds"),
        *("stop_timeout_seconds", "ping_seconds", "client_timeout_seconds"),
    ),
    "What is kept and shown": (
        *("state_dir", "record", "record_content", "show_content"),
        *("ledger", "ledger_days", "ledger_mb", "prices"),
    ),
    "Seldom needed": ("web_search", "transient_texts", "call_gate"),
}
# For commands that need no more of a server than where it is.
PORT = typer.Option(
    None, "--port", metavar="PORT", help="The server's port. Default: CLAUDE_PROXY_PORT, else 3456."
)
_UNITS = {
    **{"seconds": "SECONDS", "mb": "MB", "url": "URL", "key": "KEY", "dir": "FOLDER"},
    **{"accesses": "FILE", "prices": "FILE"},
}
_KINDS = {bool: "0|1", int: "NUMBER", Path: "FOLDER"}


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
        *(_setting_flag(name, heading) for heading, names in GROUPS.items() for name in names),
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


def _setting_flag(name: str, heading: str) -> inspect.Parameter:
    described = Settings.model_fields[name]
    kinds = {described.annotation, *get_args(described.annotation)}
    of_kind = next((words for kind, words in _KINDS.items() if kind in kinds), "TEXT")
    option = typer.Option(
        None,
        f"--{_dashed(name)}",
        help=_help(name),
        metavar=_UNITS.get(name.rpartition("_")[2], of_kind),
        rich_help_panel=heading,
    )
    return _flag(name, option, str | None)


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
            typer.secho(f"{where}: {in_words(problem)}", err=True, fg="red")
        raise typer.Exit(2) from None
