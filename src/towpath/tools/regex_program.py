"""A program of its own, which finds the lines that a regular expression matches, by ``regex``.

``regex`` compiles ``(?:(?:(?:(?:a?){200}){200}){200}){200}`` to whatever size it takes (8 GB, and a minute in
which nothing else of the process runs), and where a pattern is recursive or fuzzy it looks at no clock. Here
it has a limit of memory, and who started it can kill it.

    input    a line of JSON (``pattern``, ``ignore_case``, ``multiline``; ``sizes``: the bytes of each text),
             then the texts: UTF-8, each line with a line feed at its end
    output   the number of each matching line, from 1 and through all texts, as ripgrep gives it; or one line
             that begins with CANNOT_READ and says what is wrong with the pattern
"""

import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress

import regex

CANNOT_READ = b"! "
_MEMORY_BYTES = 1024**3
# Who started it ends it long before; this is for the one whose parent was killed.
_CPU_SECONDS = 20
_NICENESS = 10
# Groups of characters as in ripgrep ([a-z&&[^b]]), and "ss" does not match the German sharp s.
_DIALECT, _SIMPLE_CASE = regex.VERSION1, "(?-f)"


def main() -> None:
    _limit_itself()
    texts = sys.stdin.buffer
    asked = json.loads(texts.readline())
    try:
        pattern = _compiled(asked["pattern"], ignore_case=asked["ignore_case"], multiline=asked["multiline"])
    except (regex.error, RecursionError) as error:
        words = " ".join(str(getattr(error, "msg", error)).split())
        print(f"{CANNOT_READ.decode()}{words}")
        return
    literal = None if asked["ignore_case"] else _literal(asked["pattern"])
    before = 0
    for size in asked["sizes"]:
        text = texts.read(size)
        if literal is None or literal in text:
            find = _spanned if asked["multiline"] else _single
            sys.stdout.writelines(f"{before + line + 1}\n" for line in find(pattern, text))
        before += text.count(b"\n")


def _limit_itself() -> None:
    # A system that does not know a limit refuses it.
    for limit, value in ((resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_CPU, _CPU_SECONDS)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    os.nice(_NICENESS)


def _compiled(pattern: str, *, ignore_case: bool, multiline: bool) -> "regex.Pattern[str]":
    flags = _DIALECT | (regex.IGNORECASE if ignore_case else 0)
    flags |= (regex.MULTILINE | regex.DOTALL) if multiline else 0
    compiled = regex.compile(_SIMPLE_CASE + pattern, flags)
    if compiled.flags & regex.REVERSE:
        raise regex.error("(?r) cannot be used here")
    return compiled


def _literal(pattern: str) -> bytes | None:
    """The text that a pattern stands for if it has no other meaning."""
    return pattern.encode() if regex.escape(pattern) == pattern else None


def _single(pattern: "regex.Pattern[str]", text: bytes) -> Iterator[int]:
    """Line by line: in the whole text, [^a] or \\s would match line breaks."""
    for number, line in enumerate(io.BytesIO(text)):
        if pattern.search(line.removesuffix(b"\n").decode()):
            yield number


def _spanned(pattern: "regex.Pattern[str]", text: bytes) -> Iterator[int]:
    """All lines that a match covers, a line break at its end not counted."""
    words = text.decode()
    line, position, last = 0, 0, -1
    for match in pattern.finditer(words):
        if match.start() == len(words) and words.endswith("\n"):
            break  # after the last line
        line += words.count("\n", position, match.start())
        position = match.start()
        end = line + words.count("\n", position, max(position, match.end() - 1))
        yield from range(max(line, last + 1), end + 1)
        last = max(last, end)


if __name__ == "__main__":
    main()
