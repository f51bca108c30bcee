"""What each tool takes. The model is told the docstrings and descriptions."""

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
Folder = Annotated[
    str, Meta(description="Folder to search, inside the workspace. Default: the whole workspace.")
]
Count = Annotated[int, Meta(ge=0)]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of one call."""


class Read(Arguments, frozen=True):
    """Reads a file in the workspace.

    Text is shown with line numbers (number, tab, line): at most 2000 lines and about 256 KB per call, each
    line cut at 2000 characters. Use offset to read on. Images (PNG, JPEG, GIF, WebP) are shown as images.
    """

    file_path: FilePath
    offset: Annotated[
        int, Meta(ge=1, le=_MAX_LINE, description="First line to show; the first line of a file is 1.")
    ] = 1
    limit: Annotated[int, Meta(ge=1, le=_MAX_LINE, description="Number of lines to show.")] = READ_LINES


class Write(Arguments, frozen=True):
    """Writes a file in the workspace. Creates it and its folders, or replaces what was there.

    To change part of a file, use edit.
    """

    file_path: FilePath
    content: Annotated[str, Meta(description="The whole content of the file.")]


class Edit(Arguments, frozen=True):
    """Replaces text in a file in the workspace, exactly as written, white space included.

    old_string must match exactly one place, unless replace_all is set. Do not include the line numbers shown
    by read.
    """

    file_path: FilePath
    old_string: Annotated[str, Meta(description="The text to replace.")]
    new_string: Annotated[str, Meta(description="The text to put in its place.")]
    replace_all: Annotated[bool, Meta(description="Replace every occurrence.")] = False


class Bash(Arguments, frozen=True):
    """Runs a command with bash, in the workspace. Each call starts a new shell, which gets no input.

    Output and errors are shown together; the middle of long output is left out. When the command ends or its
    time is up, everything that it started is ended, background processes included: nothing keeps running
    between calls.
    """

    command: Annotated[str, Meta(min_length=1, description="The command.")]
    timeout: Annotated[
        int, Meta(ge=1, description="Milliseconds after which it is ended. Default: 120000, at most 600000.")
    ] = 120_000
    description: Annotated[str, Meta(description="What the command does, in a few words.")] = ""


class Glob(Arguments, frozen=True):
    """Finds files by name: at most 100, newest first.

    ** matches any folders, {a,b} either alternative. Links are not followed. .git, node_modules, .venv and
    __pycache__ are skipped unless path or pattern names them.
    """

    pattern: Annotated[
        str,
        Meta(
            min_length=1,
            description="Glob relative to path, e.g. **/*.py or src/*.{ts,tsx}. A bare *.py matches only "
            "files directly in path.",
        ),
    ]
    path: Folder = "."


class Grep(Arguments, frozen=True):
    """Searches the files in the workspace for lines that match a regular expression.

    Links are not followed. .git, node_modules, .venv, __pycache__, binary files and files over 10 MB are
    skipped unless path names them. Long output is cut.
    """

    pattern: Annotated[str, Meta(min_length=1, description="Regular expression, in the syntax of ripgrep.")]
    path: Annotated[
        str, Meta(description="Folder or file to search, inside the workspace. Default: the whole workspace.")
    ] = "."
    glob: Annotated[
        str, Meta(description="Search only files that match this glob, e.g. *.py, *.{ts,tsx} or src/**/*.py.")
    ] = ""
    output_mode: Annotated[
        Literal["content", "files_with_matches", "count"],
        Meta(
            description="Show the lines, the paths of the files (default), or the number of lines per file."
        ),
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
    head_limit: Annotated[int, Meta(ge=1, description="Maximum number of output lines. Default: 250.")] = 250
    multiline: Annotated[
        bool, Meta(description="Let the pattern span lines, and let . match line breaks.")
    ] = False


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

    Models are not strict, so neither is this: ``null`` counts as left out, ``"5"`` as 5.
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
