"""Which lines of texts a regular expression matches: by ripgrep where it is installed, else by ``regex``.

Both are programs that get the same texts at their input and give only line numbers; all else is done once,
in searching.py. So they cannot differ in form, and neither opens a file: a link that is swapped in cannot
lead them out of the workspace, and they need no lines of context, which would run across the borders of
files. Neither runs in this process: what a pattern costs is the model's choice, and ends with the call.

ripgrep takes linear time and limits what a pattern compiles to: the worst took 2.7 s and 133 MB. It is fast,
too: 150 MB in 20,000 files take 2.7 s, with ``regex`` more than 10 s.
"""

import json
import subprocess
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO

from towpath.python import python_command
from towpath.tools import regex_program
from towpath.tools.deadline import Deadline
from towpath.tools.values import RefusedError

# By its path: as a module it would bring this package along, which takes 0.2 s instead of 0.05.
_REGEX_COMMAND = python_command(str(Path(regex_program.__file__)))
# Of each line only the number is wanted: longer ones than a character are left out.
_RIPGREP_OPTIONS = (
    *("--no-config", "--line-number", "--no-filename", "--no-heading", "--color=never"),
    *("--text", "--encoding=none", "--max-columns=1"),
)


class Matcher:
    """A pattern that lines are matched against. ``rg`` is the path of ripgrep, or None.

    Where ripgrep cannot read a pattern (it has no look-around), ``regex`` is used, as with ``multiline``,
    where ripgrep would match across the borders of files.
    """

    def __init__(self, pattern: str, *, ignore_case: bool, multiline: bool, rg: str | None) -> None:
        self._pattern = pattern
        self._ignore_case = ignore_case
        self._multiline = multiline
        self._rg = None if multiline or "\0" in pattern else rg

    def matching(self, texts: Sequence[bytes], deadline: Deadline) -> Generator[int]:
        """The numbers of the lines that match, from 0, in order and through all texts.

        The texts are UTF-8, each line with a line feed at its end. Raises RefusedError at the deadline, and
        if the pattern cannot be read.
        """
        if self._rg:
            numbers = self._by_ripgrep(self._rg, texts, deadline)
            try:
                first = next(numbers, None)
            except (OSError, _EndedBadlyError):
                self._rg = None
            else:
                yield from () if first is None else chain([first], numbers)
                return
        yield from self._by_regex(texts, deadline)

    def _by_ripgrep(self, rg: str, texts: Sequence[bytes], deadline: Deadline) -> Iterator[int]:
        options = (*_RIPGREP_OPTIONS, *(("--ignore-case",) if self._ignore_case else ()))
        command = [rg, *options, f"--regexp={self._pattern}", "-"]
        for line in _output(command, texts, deadline, good_codes={0, 1}):
            yield int(line.partition(b":")[0]) - 1

    def _by_regex(self, texts: Sequence[bytes], deadline: Deadline) -> Iterator[int]:
        asked = {
            "pattern": self._pattern,
            "ignore_case": self._ignore_case,
            "multiline": self._multiline,
            "sizes": [len(text) for text in texts],
        }
        pieces = [f"{json.dumps(asked)}\n".encode(), *texts]
        for line in _output(_REGEX_COMMAND, pieces, deadline, good_codes={0}):
            if line.startswith(regex_program.CANNOT_READ):
                words = line.removeprefix(regex_program.CANNOT_READ).decode("utf-8", "replace").strip()
                raise RefusedError(f"pattern: {words}; escape characters that are meant literally")
            yield int(line) - 1


class _EndedBadlyError(RefusedError):
    """A program ended before it had searched all: for its limit of memory, as far as is known."""

    def __init__(self) -> None:
        super().__init__("pattern: takes too much memory; make it simpler, with fewer repeats in repeats")


def _output(
    command: Sequence[str], pieces: Sequence[bytes], deadline: Deadline, *, good_codes: Collection[int]
) -> Iterator[bytes]:
    """The lines that a program writes of what it reads, as they come; it is killed if nobody wants more.

    Raises RefusedError at the deadline, _EndedBadlyError, OSError if it cannot be started.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # at Ctrl-C the proxy finishes what runs
    )
    with process, deadline.ending(process):
        assert process.stdin
        assert process.stdout
        feeding = threading.Thread(target=_feed, args=(process.stdin, pieces))
        feeding.start()
        try:
            yield from process.stdout
            process.wait()
        finally:
            process.kill()
            feeding.join()
    deadline.left()
    if process.returncode not in good_codes:
        raise _EndedBadlyError


def _feed(channel: IO[bytes], pieces: Sequence[bytes]) -> None:
    with suppress(BrokenPipeError), channel:
        for piece in pieces:
            channel.write(piece)
