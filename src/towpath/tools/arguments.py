"""What each tool takes. The docstrings and descriptions here are what the model is told."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from towpath.tools.values import RefusedError, Tool

READ_LINES = 2000
_MAX_LINE = 10**9
MAX_TIMEOUT_MS = 600_000

FilePath = Annotated[
    str, Meta(description="Path of the file: relative to the workspace, or absolute inside it.")
]
Folder = Annotated[str, Meta(description="Where to look: a folder in the workspace. Default: all of it.")]
Count = Annotated[int, Meta(ge=0)]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of one call."""


class Read(Arguments, frozen=True):
    """Reads a file of the workspace.

    Text comes with line numbers (number, tab, line), at most 2000 lines and about 256 KB a call; lines over
    2000 characters are cut. Read on with offset. Pictures (PNG, JPEG, GIF, WebP) are shown.
    """

    file_path: FilePath
    offset: Annotated[int, Meta(ge=1, le=_MAX_LINE, description="First line to show, from 1.")] = 1
    limit: Annotated[int, Meta(ge=1, le=_MAX_LINE, description="How many lines to show.")] = READ_LINES


class Write(Arguments, frozen=True):
    """Writes a file of the workspace: a new one, with the folders it needs, or in place of what was there.

    To change a part of a file, use edit.
    """

    file_path: FilePath
    content: Annotated[str, Meta(description="All that the file is to hold.")]


class Edit(Arguments, frozen=True):
    """Replaces a text in a file of the workspace, exactly as written, white space included.

    old_string must occur once; it is without the line numbers that read shows. Set replace_all to change all
    places.
    """

    file_path: FilePath
    old_string: Annotated[str, Meta(description="The text to replace.")]
    new_string: Annotated[str, Meta(description="The text to put there.")]
    replace_all: Annotated[bool, Meta(description="Replace every occurrence.")] = False


class Bash(Arguments, frozen=True):
    """Runs a command with bash, in the workspace. Each call is a new shell; it can read no input.

    Output and errors come together; long output loses its middle. When the command is over or its time is up,
    all that it started is ended, background processes too: nothing keeps running between calls.
    """

    command: Annotated[str, Meta(min_length=1, description="The command.")]
    timeout: Annotated[
        int, Meta(ge=1, description="Milliseconds until it is ended. Default 120000, at most 600000.")
    ] = 120_000
    description: Annotated[str, Meta(description="What the command does, in a few words.")] = ""


class Glob(Arguments, frozen=True):
    """Finds files by name, newest first, at most 100.

    ** stands for any folders, {a,b} for either. Links are not followed. .git, node_modules, .venv and
    __pycache__ are left out unless path or pattern names them.
    """

    pattern: Annotated[
        str,
        Meta(min_length=1, description="As **/*.py or src/*.{ts,tsx}, relative to path. *.py: only there."),
    ]
    path: Folder = "."


class Grep(Arguments, frozen=True):
    """Finds lines by a regular expression in the files of the workspace.

    Links are not followed. .git, node_modules, .venv, __pycache__, binary files and files over 10 MB are left
    out unless path names them. Long output is cut.
    """

    pattern: Annotated[str, Meta(min_length=1, description="Regular expression, as for ripgrep.")]
    path: Annotated[str, Meta(description="A folder or a file of the workspace. Default: all of it.")] = "."
    glob: Annotated[str, Meta(description="Only files of this name, as *.py, *.{ts,tsx} or src/**/*.py.")] = (
        ""
    )
    output_mode: Annotated[
        Literal["content", "files_with_matches", "count"],
        Meta(description="The lines, the files' paths (default), or the number of lines in each file."),
    ] = "files_with_matches"
    ignore_case: Annotated[bool, Meta(description="Ignore case.")] = msgspec.field(default=False, name="-i")
    line_numbers: Annotated[bool, Meta(description="Show line numbers. Default: true.")] = msgspec.field(
        default=True, name="-n"
    )
    after: Annotated[Count, Meta(description="Lines to show after each match.")] = msgspec.field(
        default=0, name="-A"
    )
    before: Annotated[Count, Meta(description="Lines to show before each match.")] = msgspec.field(
        default=0, name="-B"
    )
    around: Annotated[Count, Meta(description="Lines to show before and after each match.")] = msgspec.field(
        default=0, name="-C"
    )
    head_limit: Annotated[int, Meta(ge=1, description="Lines of output to show. Default: 250.")] = 250
    multiline: Annotated[bool, Meta(description="Let the pattern span lines; . matches line breaks.")] = False


A = TypeVar("A", bound=Arguments)

TYPES: Mapping[str, type[Arguments]] = {
    "read": Read,
    "write": Write,
    "edit": Edit,
    "bash": Bash,
    "glob": Glob,
    "grep": Grep,
}
_READ_ONLY = frozenset({"read", "glob", "grep"})


def tool(name: str) -> Tool:
    """What the model is told about a tool."""
    kind = TYPES[name]
    schema = msgspec.json.schema(kind)["$defs"][kind.__name__]
    shape = {key: schema[key] for key in ("type", "properties", "required", "additionalProperties")}
    return Tool(name, inspect.getdoc(kind) or "", shape, name in _READ_ONLY)


def parse(kind: type[A], given: Mapping[str, Any]) -> A:
    """The arguments as the tool's type. Raises RefusedError, which names the parameter that is wrong.

    Read kindly, as models write: ``null`` counts as left out, ``"5"`` as 5.
    """
    values = {key: value for key, value in given.items() if value is not None}
    try:
        arguments = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$.")
        takes = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))
        name = f"{where.rstrip('`')}: " if where else ""
        raise RefusedError(f"{name}{problem}. The parameters are: {takes}") from None
    for name, value in values.items():
        if isinstance(value, str) and not _is_unicode(value):
            raise RefusedError(f"{name}: has a lone surrogate, which no file can hold")
    return arguments


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
