"""A report for people: one table and some lines below it, for a terminal or as Markdown.

Pure. The step that is about many events has a line instead of a row: its figures are others.
"""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from towpath.bench.report import DIRECT, Report, TargetReport
from towpath.bench.samples import Row

_NONE = "\u2013"  # the dash that the README has for "none"


def table(report: Report) -> Table:
    """The table for a terminal."""
    made = Table(
        title="Time to first event", title_justify="left", box=SIMPLE_HEAD, padding=(0, 0), show_edge=False
    )
    before = ""
    for target, figure in headings(report):  # a target's name stands over the first of its columns
        made.add_column(
            f"{target if target != before else ''}\n{figure}",
            justify="right" if target else "left",
            no_wrap=True,
        )
        before = target
    for cells in rows(report):
        made.add_row(*cells)
    return made


def markdown(report: Report) -> str:
    """The same for a document."""
    head = [" ".join(heading).strip() for heading in headings(report)]
    rule = ["---", *["---:"] * (len(head) - 1)]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows(report))]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes(report)), ""])


def headings(report: Report) -> list[tuple[str, str]]:
    """The columns: whose, and which figure."""
    figures = ((name, figure) for name, target in _others(report) for figure in _figures(target))
    return [("", "step"), (DIRECT, "ms"), *figures]


def rows(report: Report) -> list[list[str]]:
    """The cells, step by step."""
    columns = [target.steps for _, target in _others(report)]
    made = []
    for number, direct in enumerate(report.targets[DIRECT].steps):
        if direct.events is not None:
            continue
        cells = [direct.name, _figure(direct.median_ms)]
        for (_, target), column in zip(_others(report), columns, strict=True):
            cells += _cells(target, column[number])
        made.append(cells)
    return made


def notes(report: Report) -> Iterator[str]:
    """What the table has no room for, a line each."""
    named = report.targets.items()
    calls = [f"{name} {_figure(target.calls_per_request, 2)}" for name, target in named]
    yield "Model calls per request: " + ", ".join(calls) + "."
    yield from _spread(report)
    for name, target in named:
        yield from (_flow(name, row) for row in target.steps if row.events)
    for name, target in named:
        for row in target.steps:
            if row.errors:
                yield f"ERRORS: {name}, {row.name}: {row.errors}; the first one: {row.first_error}"
    if report.left_running:
        yield f"ERROR: {report.left_running} processes outlived the proxy and were killed."
    yield _circumstances(report)


def _others(report: Report) -> list[tuple[str, TargetReport]]:
    return [(name, target) for name, target in report.targets.items() if name != DIRECT]


def _figures(target: TargetReport) -> list[str]:
    ways = ["way"] if _has_ways(target) else []
    processes = ["CPU", "CLIs", "MB"] if _has_processes(target) else []
    return ["+ms", "+p95", "ratio", *_phase_names(target), *ways, *processes]


def _cells(target: TargetReport, row: Row) -> list[str]:
    cells = [_figure(row.added_median_ms), _figure(row.added_p95_ms), _figure(row.ratio)]
    cells += [_figure(row.phases.get(name)) for name in _phase_names(target)]
    if _has_ways(target):
        cells.append(next(iter(row.ways), _NONE))
    if _has_processes(target):
        cells += [_figure(row.own_cpu_ms), _figure(row.processes, 0), _figure(row.memory_mb, 0)]
    return cells


def _phase_names(target: TargetReport) -> list[str]:
    """What a target says of its time, in its own order."""
    return list(dict.fromkeys(name for row in target.steps for name in row.phases))


def _has_ways(target: TargetReport) -> bool:
    return any(row.ways for row in target.steps)


def _has_processes(target: TargetReport) -> bool:
    return any(row.processes is not None for row in target.steps)


def _spread(report: Report) -> Iterator[str]:
    """How much slower the slow ones are, where many came at once."""
    for name, target in report.targets.items():
        found = [f"{r.name} {_figure(r.p95_to_median)}" for r in target.steps if "at once" in r.name]
        if found:
            yield f"p95 to median, {name}: " + ", ".join(found) + "."


def _flow(name: str, row: Row) -> str:
    line = f"Events per second, {name}: {_figure(row.events_per_second, 0)} ({row.events:,} events"
    if row.cpu_seconds_per_1000_events is not None:
        line += f", {row.cpu_seconds_per_1000_events:.3f} s of its own CPU time per 1,000 events"
        line += f", {_figure(row.rss_before_mb, 0)} MB before and {_figure(row.rss_after_mb, 0)} MB after"
    return line + ")."


def _circumstances(report: Report) -> str:
    machine, versions = report.machine, report.versions
    gigabytes = int(machine["memory_mb"]) / 1024
    line = (
        f"{machine['cpus']} CPUs, {gigabytes:.0f} GB, {machine['platform']}, Python {machine['python']}; "
        f"towpath {versions['towpath']}, claude-agent-sdk {versions['claude-agent-sdk']}; {report.date}; "
        f"{report.rounds} rounds, pauses of {report.pause:g} s."
    )
    return line + (" Ended before its time." if report.interrupted else "")


def _figure(value: float | None, digits: int = 1) -> str:
    """Above a thousand, a tenth is no news."""
    return _NONE if value is None else f"{value:,.{digits if value < 1000 else 0}f}"
