"""Findings as lines for a person and as a JSON document."""

from collections.abc import Sequence
from typing import Any

from towpath.cli.doctor.findings import Finding, Status
from towpath.cli.printable import printable
from towpath.core.figures import counted

Named = tuple[str, Finding]

_SYMBOLS = {Status.OK: "✓", Status.WARNING: "!", Status.PROBLEM: "✗", Status.SKIPPED: "·"}
# For terminals whose encoding lacks the signs (LANG=C).
_ASCII = {Status.OK: "ok", Status.WARNING: "!", Status.PROBLEM: "X", Status.SKIPPED: "-"}
COLOURS = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.PROBLEM: "red",
    Status.SKIPPED: "bright_black",
}


def is_ok(found: Sequence[Named]) -> bool:
    """Whether there is no problem; warnings do not count."""
    return all(finding.status is not Status.PROBLEM for _, finding in found)


def lines_of(name: str, finding: Finding, encoding: str) -> list[str]:
    """One line for the check, and the remedy's lines below it. ``encoding``: the terminal's."""
    lines = [f"{_symbol(finding.status, encoding)} {name}: {printable(finding.detail)}"]
    lines += [f"    {printable(line)}" for line in finding.remedy.splitlines()]
    return lines


def summary(found: Sequence[Named]) -> str:
    """The last line: how many problems and warnings there are."""
    problems = sum(finding.status is Status.PROBLEM for _, finding in found)
    warnings = sum(finding.status is Status.WARNING for _, finding in found)
    return f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}."


def as_json(found: Sequence[Named]) -> dict[str, Any]:
    """``{"ok": bool, "checks": [{"name", "status", "detail", "remedy"}]}``."""
    return {
        "ok": is_ok(found),
        "checks": [
            {"name": name, "status": finding.status.value, "detail": finding.detail, "remedy": finding.remedy}
            for name, finding in found
        ],
    }


def _symbol(status: Status, encoding: str) -> str:
    try:
        _SYMBOLS[status].encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII[status]
    return _SYMBOLS[status]
