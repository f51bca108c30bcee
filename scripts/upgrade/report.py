"""What came of the trials: a table for people, JSON for programs, and whether something broke. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?= - |$)", re.MULTILINE)
_SHOWN_FAILURES = 3


class Outcome(StrEnum):
    """How a trial ended."""

    NEWEST = "newest already"
    PASSED = "passed"
    FAILED = "failed"
    NOT_INSTALLED = "cannot be installed"


@dataclass(frozen=True)
class Result:
    """A trial of one package. ``failures`` are the tests that failed, or why it was not installed."""

    name: str
    old: str
    new: str | None
    outcome: Outcome
    failures: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def is_broken(self) -> bool:
        """Whether somebody has to look at it."""
        return self.outcome in (Outcome.FAILED, Outcome.NOT_INSTALLED)


def failures_in(output: str) -> tuple[str, ...]:
    """The tests that a run of pytest names as failed, each once."""
    return tuple(dict.fromkeys(_FAILED.findall(output)))


def table(results: Sequence[Result]) -> str:
    """A line for each trial, in columns."""
    rows = [("package", "old", "new", "result"), *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(_line(row, widths) for row in rows)


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """The same for programs. ``seconds`` are those of the tests."""
    return {"results": [asdict(result) for result in results], "broken": exit_code(results) != 0}


def exit_code(results: Sequence[Result]) -> int:
    """1 if something broke, else 0."""
    return int(any(result.is_broken for result in results))


def _row(result: Result) -> tuple[str, str, str, str]:
    return result.name, result.old, result.new or "?", "".join(_words(result))


def _words(result: Result) -> Iterator[str]:
    yield result.outcome.value
    if result.seconds:
        yield f" in {result.seconds:.0f} s"
    if result.failures:
        shown, others = result.failures[:_SHOWN_FAILURES], len(result.failures) - _SHOWN_FAILURES
        yield f": {', '.join(shown)}" + (f" and {others} more" if others > 0 else "")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    *columns, last = row
    padded = (cell.ljust(width) for cell, width in zip(columns, widths, strict=True))
    return "  ".join((*padded, last)).rstrip()
