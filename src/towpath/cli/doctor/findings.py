"""What a check found, and how checks are run: all at once, heard in order, none able to stop the others."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended. Only a problem makes `towpath doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """``detail`` says what is, ``remedy`` what to do about it (empty: nothing)."""

    status: Status
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A name for a person, and the function that finds out."""

    name: str
    find: Callable[[], Finding]


def ok(detail: str) -> Finding:
    return Finding(Status.OK, detail)


def warning(detail: str, remedy: str) -> Finding:
    return Finding(Status.WARNING, detail, remedy)


def problem(detail: str, remedy: str) -> Finding:
    return Finding(Status.PROBLEM, detail, remedy)


def skipped(detail: str, remedy: str = "") -> Finding:
    return Finding(Status.SKIPPED, detail, remedy)


def findings_of(checks: Sequence[Check]) -> Iterator[tuple[str, Finding]]:
    """Name and finding of each check, in order, as soon as it and those before it are done.

    They run side by side: most of their time is spent waiting for other programs.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as pool:
        found = pool.map(_found, checks)
        yield from zip((check.name for check in checks), found, strict=True)


def _found(check: Check) -> Finding:
    try:
        return check.find()
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding; the others must be heard
        return problem(
            f"the check itself failed: {type(error).__name__}: {error}",
            "this is a bug in Towpath; please report the line above",
        )
