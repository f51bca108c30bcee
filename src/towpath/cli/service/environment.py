"""The settings that the service takes from the environment of its installer. Secrets are only named.

The file has one form for all platforms: systemd reads it itself, elsewhere ``start`` does.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from towpath.cli.service.definition import MARK, File, Place
from towpath.settings import ENV_PREFIX, Settings

# Where the CLI keeps its login, if not in the usual folder.
_ALSO = frozenset({"CLAUDE_CONFIG_DIR"})


@dataclass(frozen=True)
class Carried:
    """``values`` go into the file; ``secrets`` and ``unknown`` are names that do not."""

    values: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def carried(environment: Mapping[str, str], folder: Path) -> Carried:
    """Sort the variables of an environment. Paths are completed with ``folder``: a service has another."""
    values: dict[str, str] = {}
    secrets, unknown = [], []
    for name, value in sorted(environment.items()):
        field = name.upper().removeprefix(ENV_PREFIX).lower()
        if name in _ALSO:
            values[name] = str(folder / value)
        elif not name.upper().startswith(ENV_PREFIX):
            continue
        elif field not in Settings.model_fields:
            unknown.append(name)
        elif _is_secret(field, value):
            secrets.append(name)
        else:
            values[name.upper()] = str(folder / value) if _is_path(field) else value
    return Carried(values, tuple(secrets), tuple(unknown))


def environment_file(place: Place, values: Mapping[str, str]) -> File:
    """The file that the service reads before it starts; for its user's eyes only."""
    header = (
        f"# {MARK}; each install overwrites it.\n"
        f"# Put keys and variables of your own into {place.secrets_file}\n"
    )
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return File(place.environment_file, header + lines, mode=0o600)


def words_about(place: Place, found: Carried, restart: str) -> list[str]:
    """What a person should know about variables that were not copied. ``restart``: the command for it."""
    words = []
    if found.secrets:
        words.append(
            f"Secrets were not copied: {', '.join(found.secrets)}. Write them into {place.secrets_file} as "
            f"NAME=value, one per line, readable by you alone (chmod 600). Then run: {restart}"
        )
    if found.unknown:
        words.append(f"Not copied, because this release has no such setting: {', '.join(found.unknown)}.")
    return words


def _is_secret(field: str, value: str) -> bool:
    if Settings.is_secret(field):
        return True
    parts = urlsplit(value) if "://" in value else None  # https://user:password@gateway
    return parts is not None and bool("@" in parts.netloc or parts.query)


def _is_path(field: str) -> bool:
    return Settings.model_fields[field].annotation in (Path, Path | None)
