"""Which lines of a text a regular expression matches: by ripgrep where it is installed, else by ``regex``.

Both get the same texts and give only line numbers; all else is done once, in searching.py. So they cannot
differ in form, and ripgrep never opens a file: a link that is swapped in cannot lead it out of the
workspace, and it needs no lines of context, which would run across the borders of files.

ripgrep is there for speed: 150 MB in 20,000 files take 2.7 s, with ``regex`` more than 10 s.
"""

import subprocess
from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import regex

from towpath.tools.deadline import Deadline
from towpath.tools.values import RefusedError

# Groups of characters as in ripgrep ([a-z&&[^b]]), and "ss" does not match the German sharp s.
_DIALECT, _SIMPLE_CASE = regex.VERSION1, "(?-f)"


class Matcher:
    """A pattern that lines are matched against. ``rg`` is the path of ripgrep, or None.

    Raises RefusedError if ``regex`` cannot read the pattern. Where ripgrep cannot (it has no look-around),
    ``regex`` is used, as with ``multiline``, where ripgrep would match across the borders of files.
    """

    def __init__(self, pattern: str, *, ignore_case: bool, multiline: bool, rg: str | None) -> None:
        self._source = pattern
        self._ignore_case = ignore_case
        self._multiline = multiline
        self._rg = None if multiline or "\0" in pattern else rg
        self._is_literal = not ignore_case and regex.escape(pattern) == pattern
        flags = _DIALECT | (regex.IGNORECASE if ignore_case else 0)
        flags |= (regex.MULTILINE | regex.DOTALL) if multiline else 0
        try:
            self._pattern = regex.compile(_SIMPLE_CASE + pattern, flags)
        except (regex.error, RecursionError) as error:
            raise RefusedError(
                f"pattern: {getattr(error, 'msg', error)}; escape what is meant literally"
            ) from None

    def matching(self, texts: Sequence[str], deadline: Deadline) -> list[list[int]]:
        """For each text the indexes of the lines that match, in order. A line ends with a line feed.

        Raises RefusedError at the deadline.
        """
        if self._rg:
            lines = self._by_ripgrep(self._rg, texts, deadline)
            if lines is not None:
                return lines
            self._rg = None
        return [list(self._by_regex(text, deadline)) for text in texts]

    def _by_regex(self, text: str, deadline: Deadline) -> Iterator[int]:
        if self._multiline:
            yield from self._spanned(text, deadline)
            return
        if self._is_literal and self._source not in text:
            return
        # Line by line: in the whole text, [^a] or \s would match line breaks.
        for index, line in enumerate(lines_of(text)):
            if deadline.finds(self._pattern, line):
                yield index

    def _spanned(self, text: str, deadline: Deadline) -> Iterator[int]:
        """All lines that a match covers, a line break at its end not counted."""
        starts = [0, *(match.end() for match in regex.finditer("\n", text))]
        last = -1
        try:
            for match in self._pattern.finditer(text, timeout=deadline.left()):
                if match.start() == len(text) and text.endswith("\n"):
                    break  # behind the last line
                first = bisect(starts, match.start()) - 1
                end = bisect(starts, max(match.start(), match.end() - 1)) - 1
                yield from range(max(first, last + 1), end + 1)
                last = max(last, end)
        except TimeoutError:
            raise deadline.refusal() from None

    def _by_ripgrep(self, rg: str, texts: Sequence[str], deadline: Deadline) -> list[list[int]] | None:
        """As ``matching``; None if ripgrep cannot read the pattern. The texts go to its input as one."""
        lines = [lines_of(text) for text in texts]
        fed = "".join(f"{line}\n" for text in lines for line in text).encode()
        # Of each line only the number is wanted: longer ones than a character are left out.
        options = ["--no-config", "--line-number", "--no-filename", "--no-heading", "--color=never", "--text"]
        options += ["--encoding=none", "--max-columns=1", *(["--ignore-case"] if self._ignore_case else [])]
        command = [rg, *options, f"--regexp={self._source}", "-"]
        try:
            done = subprocess.run(command, input=fed, capture_output=True, timeout=deadline.left(), cwd="/")
        except subprocess.TimeoutExpired:
            raise deadline.refusal() from None
        except OSError:
            return None
        if done.returncode not in (0, 1):
            return None
        numbers = [int(line.partition(b":")[0]) - 1 for line in done.stdout.split(b"\n") if line]
        borders = [0, *accumulate(len(text) for text in lines)]
        return _split(numbers, borders)


def _split(numbers: Sequence[int], borders: Sequence[int]) -> list[list[int]]:
    """Line numbers of the texts as one, as those of each text."""
    places = [bisect_left(numbers, border) for border in borders]
    return [
        [number - border for number in numbers[start:end]]
        for (start, end), border in zip(pairwise(places), borders, strict=False)
    ]


def lines_of(text: str) -> list[str]:
    """The lines of a text, without the line feeds."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]
