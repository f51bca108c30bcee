"""`towpath settings`: every setting, its value in the words of the documents, and where that comes from."""

import os
from collections.abc import Iterator
from typing import Any

import orjson
import typer
from pydantic import SecretStr

from towpath.cli.doctor.addresses import shown
from towpath.cli.flags import given_flags, settings_from, with_settings_flags
from towpath.cli.printable import printable
from towpath.cli.unknown_settings import unknown_settings
from towpath.settings import Settings

# What separates the items of a list, where it is not a comma.
_BETWEEN = {"transient_texts": "\n"}


@with_settings_flags
def settings(
    *,
    changed: bool = typer.Option(False, "--changed", help="Show only what differs from the defaults."),
    as_json: bool = typer.Option(False, "--json", help="Print the settings as JSON."),
    **flags: object,
) -> None:
    """Show every setting: its value, where the value comes from, and what it means.

    Example: CLAUDE_PROXY_PORT=4000 towpath settings --changed
    """
    rows = [row for row in _rows(flags) if not changed or _is_changed(row)]
    if as_json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        typer.secho(row["name"], bold=True, nl=False)
        typer.echo(f" = {printable(row['value'])}  ({row['source']})")
        typer.secho(f"    {row['meaning']}", dim=True)
    if not rows:
        typer.echo("Every setting has its default.")
    for sentence in unknown_settings(os.environ):
        typer.secho(sentence, fg="yellow")


def _rows(flags: dict[str, object]) -> Iterator[dict[str, str]]:
    values, given = settings_from(flags), given_flags(flags)
    for name, field in Settings.model_fields.items():
        default = Settings.default_in_words(name) or "none"
        source = Settings.source_of(name, given)
        yield {
            "name": Settings.env_name(name),
            "value": _in_words(getattr(values, name), _BETWEEN.get(name, ",")),
            "source": source,
            "default": default,
            "meaning": field.description or "",
        }


def _is_changed(row: dict[str, str]) -> bool:
    return row["source"] != "default" and row["value"] != row["default"]


def _in_words(value: Any, between: str) -> str:
    """A value as one would write it; a key is not shown, nor a password in an address."""
    match value:
        case None | ():
            return "none"
        case bool() | float():
            return f"{value:g}"
        case SecretStr():
            return "set, and not shown"
        case tuple():
            return between.join(value)
        case str() if "://" in value or "@" in value:
            return shown(value)
    return str(value)
