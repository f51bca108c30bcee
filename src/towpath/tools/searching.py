"""Finds lines by a regular expression."""

import codecs
import io
import os
from bisect import bisect_right
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, groupby

from towpath.tools.arguments import Grep
from towpath.tools.deadline import Deadline
from towpath.tools.matching import Matcher
from towpath.tools.patterns import NamePattern
from towpath.tools.values import RefusedError, Result, words
from towpath.tools.walking import files_below
from towpath.tools.workspace import Place, Workspace

_MAX_FILE_BYTES = 10_000_000
_MAX_NAMED_FILE_BYTES = 100_000_000
# What one program gets: its start takes 5 to 50 ms, and the more it gets the more is read in vain.
_BATCH_BYTES = 4_000_000
_PIECE_BYTES = 1_000_000
_MAX_OUTPUT_CHARS = 30_000
_MAX_LINE_CHARS = 500


@dataclass(frozen=True)
class _File:
    """A file's path relative to the workspace, and its text: UTF-8, each line with a line feed at its end."""

    path: str
    text: bytes


def grep(workspace: Workspace, arguments: Grep, deadline: Deadline, *, rg: str | None) -> Result:
    """The lines, files or counts. ``rg`` is the path of ripgrep, or None. Raises RefusedError."""
    matcher = Matcher(
        arguments.pattern, ignore_case=arguments.ignore_case, multiline=arguments.multiline, rg=rg
    )
    output = _Output(arguments.head_limit)
    with (
        workspace.locate("path", arguments.path) as place,
        closing(_files(place, arguments, deadline)) as files,
    ):
        for batch in _batches(files):
            with closing(matcher.matching([file.text for file in batch], deadline)) as numbers:
                for file, lines in _by_file(batch, numbers):
                    output.add(_reported(file, lines, arguments, deadline))
                    if output.is_full:
                        return words(output.text())
    return words(output.text())


def _files(place: Place, arguments: Grep, deadline: Deadline) -> Generator[_File]:
    """The files to search, in the order of the walk."""
    if not place.is_folder():
        data = _content(place.open_file(), _MAX_NAMED_FILE_BYTES)
        if data is None:
            raise RefusedError(f"path: {place.path} is over {_MAX_NAMED_FILE_BYTES} bytes")
        yield _File(place.path, _as_lines(data))
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
                yield _File(place.below(file.path), _as_lines(data))


def _content(opened: int, limit: int) -> bytes | None:
    """All bytes of an open file, which is closed; None if there are more than ``limit``."""
    with os.fdopen(opened, "rb") as file:
        data = file.read(limit + 1)
    return data if len(data) <= limit else None


def _as_lines(data: bytes) -> bytes:
    """As UTF-8 without a byte order mark; each line ends with a line feed, also the last."""
    if not data.isascii():
        # In pieces: one character of four bytes makes a whole text four times as large.
        pieces = (data[start : start + _PIECE_BYTES] for start in range(0, len(data), _PIECE_BYTES))
        data = b"".join(text.encode() for text in codecs.iterdecode(pieces, "utf-8", "replace"))
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    return data if not data or data.endswith(b"\n") else data + b"\n"


def _batches(files: Iterator[_File]) -> Iterator[list[_File]]:
    batch: list[_File] = []
    size = 0
    for file in files:
        batch.append(file)
        size += len(file.text)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _by_file(batch: Sequence[_File], numbers: Iterable[int]) -> Iterator[tuple[_File, Iterator[int]]]:
    """Line numbers of the texts as one, as those of each text in which there are any."""
    ends = list(accumulate(file.text.count(b"\n") for file in batch))
    for index, found in groupby(numbers, lambda number: bisect_right(ends, number)):
        start = ends[index - 1] if index else 0
        yield batch[index], (number - start for number in found)


def _reported(file: _File, lines: Iterator[int], arguments: Grep, deadline: Deadline) -> Iterator[str]:
    """What is said of a file with these matching lines, as ripgrep says it."""
    if arguments.output_mode == "files_with_matches":
        yield file.path
    elif arguments.output_mode == "count":
        yield f"{file.path}:{sum(1 for _ in lines)}"
    else:
        yield from _with_context(file, lines, arguments, deadline)


def _with_context(file: _File, lines: Iterator[int], arguments: Grep, deadline: Deadline) -> Iterator[str]:
    """The lines and those around them; ``--`` before what does not follow the line above."""
    after = max(arguments.after, arguments.around)
    # More than that is never shown.
    before = min(max(arguments.before, arguments.around), _MAX_OUTPUT_CHARS)
    held: deque[tuple[int, bytes]] = deque(maxlen=before)
    next_match, shown, rest = next(lines, None), -1, 0

    def said(index: int, line: bytes, mark: str) -> str:
        number = f"{index + 1}{mark}" if arguments.line_numbers else ""
        return f"{file.path}{mark}{number}{_shortened(line)}"

    for index, line in deadline.checked(enumerate(io.BytesIO(file.text))):
        if index == next_match:
            next_match, rest = next(lines, None), after
            if (before or after) and (index - len(held) > shown + 1 or shown < 0):
                yield "--"
            yield from (said(*earlier, "-") for earlier in held)
            held.clear()
            yield said(index, line, ":")
            shown = index
        elif rest:
            yield said(index, line, "-")
            shown, rest = index, rest - 1
        elif next_match is None:
            return
        else:
            held.append((index, line))


def _shortened(line: bytes) -> str:
    # As many bytes as that many characters can have, and one more.
    text = line[: 4 * _MAX_LINE_CHARS + 4].decode("utf-8", "ignore").removesuffix("\n")
    return text if len(text) <= _MAX_LINE_CHARS else f"{text[:_MAX_LINE_CHARS]} [cut]"


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
        note = f"[Cut after line {len(self._lines)}. Narrow the search, or raise head_limit.]"
        return "\n".join([*self._lines, "", note])
