"""Finds lines by a regular expression."""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from towpath.tools.arguments import Grep
from towpath.tools.deadline import Deadline
from towpath.tools.matching import Matcher, lines_of
from towpath.tools.patterns import NamePattern
from towpath.tools.values import RefusedError, Result, words
from towpath.tools.walking import files_below
from towpath.tools.workspace import Place, Workspace

_MAX_FILE_BYTES = 10_000_000
_MAX_NAMED_FILE_BYTES = 100_000_000
# What one ripgrep gets: its start takes some 5 ms, and the more it gets the more is read in vain.
_BATCH_CHARS = 4_000_000
_MAX_OUTPUT_CHARS = 30_000
_MAX_LINE_CHARS = 500


@dataclass(frozen=True)
class _File:
    """A file's path relative to the workspace, and its text, in which lines end with a line feed."""

    path: str
    text: str


def grep(workspace: Workspace, arguments: Grep, *, rg: str | None) -> Result:
    """The lines, files or counts. ``rg`` is the path of ripgrep, or None. Raises RefusedError."""
    deadline = Deadline()
    matcher = Matcher(
        arguments.pattern, ignore_case=arguments.ignore_case, multiline=arguments.multiline, rg=rg
    )
    output = _Output(arguments.head_limit)
    with (
        workspace.locate("path", arguments.path) as place,
        closing(_files(place, arguments, deadline)) as files,
    ):
        for batch in _batches(files):
            found = matcher.matching([file.text for file in batch], deadline)
            for file, lines in zip(batch, found, strict=True):
                if lines:
                    output.add(_reported(file, lines, arguments))
            if output.is_full:
                break
    return words(output.text())


def _files(place: Place, arguments: Grep, deadline: Deadline) -> Generator[_File]:
    """The files to search, in the order of the walk."""
    if not place.is_folder():
        data = _content(place.open_file(), _MAX_NAMED_FILE_BYTES)
        if data is None:
            raise RefusedError(f"path: {place.path} is over {_MAX_NAMED_FILE_BYTES} bytes")
        yield _File(place.path, _decoded(data))
        return
    pattern = NamePattern("glob", arguments.glob, match_base=True) if arguments.glob else None
    with files_below(place) as walk:
        for file in walk:
            deadline.left()
            if pattern and not pattern.matches(file.path, deadline):
                continue
            opened = file.open()
            data = None if opened is None else _content(opened, _MAX_FILE_BYTES)
            if data is not None and b"\0" not in data:
                yield _File(place.below(file.path), _decoded(data))


def _content(opened: int, limit: int) -> bytes | None:
    """All bytes of an open file, which is closed; None if there are more than ``limit``."""
    with os.fdopen(opened, "rb") as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")


def _batches(files: Iterator[_File]) -> Iterator[list[_File]]:
    batch: list[_File] = []
    chars = 0
    for file in files:
        batch.append(file)
        chars += len(file.text)
        if chars >= _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    yield batch


def _reported(file: _File, lines: Sequence[int], arguments: Grep) -> Iterator[str]:
    """What is said of a file with these matching lines, as ripgrep says it."""
    if arguments.output_mode == "files_with_matches":
        yield file.path
    elif arguments.output_mode == "count":
        yield f"{file.path}:{len(lines)}"
    else:
        yield from _with_context(file, lines, arguments)


def _with_context(file: _File, lines: Sequence[int], arguments: Grep) -> Iterator[str]:
    """The lines and those around them; ``--`` before what does not follow the line above."""
    texts = lines_of(file.text)
    before = max(arguments.before, arguments.around)
    after = max(arguments.after, arguments.around)
    matching = set(lines)
    last = -1
    for line in lines:
        first = max(last + 1, line - before)
        if (before or after) and (first > last + 1 or last < 0):
            yield "--"
        for index in range(first, min(line + after, len(texts) - 1) + 1):
            mark = ":" if index in matching else "-"
            number = f"{index + 1}{mark}" if arguments.line_numbers else ""
            yield f"{file.path}{mark}{number}{_shortened(texts[index])}"
            last = index


def _shortened(line: str) -> str:
    return line if len(line) <= _MAX_LINE_CHARS else f"{line[:_MAX_LINE_CHARS]} [cut]"


@dataclass
class _Output:
    """Lines of output up to a limit. ``is_full`` once a line did not fit."""

    max_lines: int
    is_full: bool = False
    _lines: list[str] = field(default_factory=list)
    _chars: int = 0

    def add(self, lines: Iterator[str]) -> None:
        for line in lines:
            if not self._lines and line == "--":
                continue
            self._chars += len(line) + 1
            self.is_full = len(self._lines) >= self.max_lines or self._chars > _MAX_OUTPUT_CHARS
            if self.is_full:
                return
            self._lines.append(line)

    def text(self) -> str:
        if not self._lines and not self.is_full:
            return "No matches found."
        if not self.is_full:
            return "\n".join(self._lines)
        note = f"[There is more: {len(self._lines)} lines are shown. Narrow the search, or raise head_limit.]"
        return "\n".join([*self._lines, "", note])
