"""Accesses: the names of ways to reach Claude, and the file in which a person writes them down. Pure.

    [work]
    CLAUDE_CODE_USE_BEDROCK = "1"
    AWS_PROFILE = "work"

    [private]
    api_key_command = "pass show anthropic"

A table for each access: its variables, and commands that the CLI is to run. A value in the form
``{ file = "…" }`` is read from that file.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.core.base_url import checked
from towpath.core.cli_variables import may_be_of_access
from towpath.core.errors import ApiError, invalid

DEFAULT = "default"
"""The access of a request that names none. There is always one, made of the proxy's own environment."""

HEADER = "x-towpath-access"
PREFIX = "/access/"
# An access is a label of metrics, and has a row on the page.
MOST = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_PATH = re.compile(rf"{PREFIX}([^/]+)(/.*)?")
_BASE_URL = re.compile(r"ANTHROPIC_(\w+_)?BASE_URL")
# Our word for a command, and the setting of the CLI that makes it run that.
COMMANDS: Mapping[str, str] = {
    "api_key_command": "apiKeyHelper",
    "aws_auth_refresh": "awsAuthRefresh",
    "aws_credential_export": "awsCredentialExport",
    "gcp_auth_refresh": "gcpAuthRefresh",
}


@dataclass(frozen=True)
class WrittenAccess:
    """What a file says of an access. ``files``: variables by the path of the file that has their value.

    ``commands``: by the CLI's name of the setting.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


class AccessesError(Exception):
    """What is wrong with the file, a line for each problem, in words for a person."""


def parse_accesses(text: str) -> Mapping[str, WrittenAccess]:
    """The accesses of a file by their names. Raises AccessesError, which names line and key."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AccessesError(f"line {_first_line(text, lambda _: False)}: {error}") from error
    if problems := list(_problems(tables)):
        raise AccessesError("\n".join(f"{_place(text, path)}: {words}" for path, words in problems))
    return {name: _access(table) for name, table in tables.items()}


def split_path(path: str) -> tuple[str | None, str]:
    """The access that a path names, if it does, and the path without it."""
    found = _PATH.fullmatch(path)
    return (found[1], found[2] or "/") if found else (None, path)


def path_of(name: str) -> str:
    """What stands between a server's address with a slash and the paths of an access."""
    return "" if name == DEFAULT else f"{PREFIX[1:]}{name}/"


def chosen(in_path: str | None, in_header: str | None) -> str:
    """The access that a request names; an empty header names none. Raises ApiError (400) if it names two."""
    in_header = in_header or None
    if in_path is not None and in_header is not None and in_path != in_header:
        raise invalid(HEADER, f"it names {in_header!r}, and the path {in_path!r}; name one access")
    return next((name for name in (in_path, in_header) if name is not None), DEFAULT)


def no_such_access(name: str, known: Iterable[str]) -> ApiError:
    """A 404 that lists those that there are."""
    return ApiError(404, f"access: there is none with the name {name!r}; there are: {', '.join(known)}")


_Problem = tuple[tuple[str, ...], str]


def _problems(tables: Mapping[str, Any]) -> Iterator[_Problem]:
    if len(tables) > MOST:
        yield (list(tables)[MOST],), f"there are more than {MOST} accesses"
    for name, table in tables.items():
        if not isinstance(table, dict):
            yield (name,), "must stand below the name of an access, such as [work]"
        elif not _NAME.fullmatch(name):
            yield (
                (name,),
                "must have up to 32 small letters, digits, - and _, a letter or digit first",
            )
        else:
            for key, value in table.items():
                if problem := _problem(key, value):
                    yield (name, key), problem


def _problem(key: str, value: Any) -> str | None:
    """What is wrong with one line of an access. It never quotes a value, which may be a key."""
    if key in COMMANDS:
        return _problem_of_command(value)
    if not _VARIABLE.fullmatch(key):
        return f"is neither a variable nor one of: {', '.join(COMMANDS)}"
    if not may_be_of_access(key):
        return "is no variable that says which account the Claude CLI uses"
    if isinstance(value, dict):
        is_path = list(value) == ["file"] and isinstance(value["file"], str) and value["file"]
        return None if is_path else 'must be text in quotes, or { file = "…" }'
    if not isinstance(value, str) or not value or "\0" in value:
        return 'must be text in quotes, or { file = "…" }'
    try:
        checked(value if _BASE_URL.fullmatch(key) else "")
    except ValueError as error:
        return str(error)
    return None


def _problem_of_command(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a command, in quotes"
    program = value.split()[0]
    if "/" in program and not program.startswith(("/", "~/", "$")):
        return (
            "must name a program on the PATH, or its full path: it runs in the folder of a client's project"
        )
    return None


def _access(table: Mapping[str, Any]) -> WrittenAccess:
    return WrittenAccess(
        variables={
            key: value for key, value in table.items() if key not in COMMANDS and isinstance(value, str)
        },
        files={key: value["file"] for key, value in table.items() if isinstance(value, dict)},
        commands={COMMANDS[key]: value for key, value in table.items() if key in COMMANDS},
    )


def _place(text: str, path: tuple[str, ...]) -> str:
    """Line and key of a problem."""

    def has_it(part: Any) -> bool:
        for key in path:
            part = part.get(key) if isinstance(part, dict) else None
        return part is not None

    return f"line {_first_line(text, has_it)}, {'.'.join(path)}"


def _first_line(text: str, has_it: Callable[[Any], bool]) -> int:
    """The line with which the statement begins that gives the file something; or the one that is no TOML.

    The parser does not say where a value stands. But a file that is cut off after a line can be read only
    where no value is open: so the lines from one such place to the next are one statement.
    """
    lines = text.splitlines(keepends=True)
    whole = 0
    for end in range(1, len(lines) + 1):
        try:
            part = tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        if has_it(part):
            break
        whole = end
    return min(whole + 1, max(1, len(lines)))
