"""A snapshot as a picture for a terminal. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from towpath.cli.console import own_command
from towpath.cli.printable import printable
from towpath.cli.top.figures import (
    bars,
    cache_share,
    dollars,
    duration,
    input_tokens,
    milliseconds,
    reset,
    tokens,
)
from towpath.cli.top.tables import LINES_BESIDE_ROWS, exchanges, processes
from towpath.core.accesses import DEFAULT
from towpath.server.reports import ActivityReport, ErrorReport, ExchangeReport, LimitsReport

_SHOWN_TIMES = 40
_SHOWN_ERRORS = 3
# Fewer lines have room for the status and one error, more than these for all errors.
_SMALLEST, _LARGE = 12, 30
_STATES = {"allowed": "", "allowed_warning": ", close to its limit", "rejected": ", used up"}
_WINDOWS = {"five_hour": "five hours", "seven_day": "seven days"}


def picture(
    seen: ActivityReport, now: float, *, height: int, width: int, note: str = "", keys: str = ""
) -> RenderableType:
    """All of it that has room; ``now`` in Unix seconds by the server's clock.

    ``note``: what is to be said of the connection. ``keys``: the last line.
    """
    last = [Text(keys, style="dim")] if keys else []
    if height < _SMALLEST:
        return Group(_head(seen, now, note), *_errors(seen.errors[:1], now), *last)
    figures = [
        _head(seen, now, note),
        _figures(seen),
        *_times(seen.exchanges),
        *_all_windows(seen.limits, now),
    ]
    errors = _errors(seen.errors[: _SHOWN_ERRORS if height >= _LARGE else 1], now)
    taken = sum(-(-line.cell_len // width) for line in figures) + len(errors) + bool(errors) + len(last)
    return Group(*figures, *_tables(seen, now, height - taken, width, errors), *last)


def _tables(
    seen: ActivityReport, now: float, room: int, width: int, errors: Sequence[Text]
) -> list[RenderableType]:
    """The exchanges, the errors, the processes; ``room``: how many lines are left for the tables."""
    if not seen.exchanges:
        hint = f"\nNo requests yet. `{own_command('env')}` says how to connect a client."
        return [Text(hint), *errors, *processes(seen.processes, now, max(1, room - 2 - LINES_BESIDE_ROWS))]
    # A third for the processes, if both have their head.
    below = min(len(seen.processes), max(0, (room - 2 * LINES_BESIDE_ROWS) // 3))
    above = room - LINES_BESIDE_ROWS - (below + LINES_BESIDE_ROWS if below else 0)
    return [
        *([exchanges(seen, now, above, width)] if above > 0 else []),
        *errors,
        *(processes(seen.processes, now, below) if below else []),
    ]


def _head(seen: ActivityReport, now: float, note: str) -> Text:
    server = seen.server
    status = {"ok": "logged in", "starting": "is starting"}.get(server.status, server.status)
    head = Text("Towpath ", style="bold")
    head.append(printable(server.version), style="not bold")
    up = duration(now - server.started_at)
    words = f"  {printable(status)} · {printable(server.mode)} mode · up {up}"
    head.append(words, style="not bold dim" if server.status in ("ok", "starting") else "not bold red")
    head.append(f"  {note}", style="not bold red")
    return head


def _figures(seen: ActivityReport) -> Text:
    totals, server = seen.totals, seen.server
    running = sum(one.state in ("asking", "answering") for one in seen.exchanges)
    parts = [
        f"{running} running, {server.waiting} waiting",
        f"{sum(server.sessions.values())} processes, {server.memory_mb:,} MB",
        f"{totals.exchanges:,} exchanges, {totals.failed:,} failed, {totals.refused:,} refused",
        f"today {dollars(seen.today.cost)} at API prices",
        f"{tokens(input_tokens(totals))} tokens in ({cache_share(totals)} from cache), "
        f"{tokens(totals.output_tokens)} out",
    ]
    return Text(" │ ".join(parts))


def _times(exchanges: Sequence[ExchangeReport]) -> list[Text]:
    known = [one.first_event_ms for one in exchanges if one.first_event_ms is not None]
    if not known:
        return []
    shown = known[:_SHOWN_TIMES]
    line = Text("First event  ")
    line.append(bars(shown[::-1]), style="cyan")
    slowest, middle = milliseconds(max(shown)), milliseconds(sorted(shown)[len(shown) // 2])
    return [line.append(f"  newest {milliseconds(shown[0])}, median {middle}, slowest {slowest}")]


def _all_windows(limits: LimitsReport, now: float) -> list[Text]:
    """Those of all accesses that have any."""
    lines = [line for one in (limits, *limits.others) for line in _windows(one, now)]
    return lines or [Text("Plan windows: not known", style="dim")]


def _windows(limits: LimitsReport, now: float) -> list[Text]:
    whose = "" if limits.access == DEFAULT else f" of {limits.access}"
    lines = []
    for one in limits.windows:
        used, status = one.utilization, one.status or "allowed"
        name = _WINDOWS.get(one.name) or printable(one.name).replace("_", " ")
        share = "" if used is None else f"{used:.0%} used, "
        state = _STATES.get(status, f", {printable(status)}")
        lines.append(Text(f"Plan{whose}, {name}: {share}{reset(one.resets_at, now)}{state}"))
    if limits.extra_usage.in_use:
        lines.append(Text(f"Extra usage{whose} is paying for the answers now", style="red"))
    return lines


def _errors(errors: Sequence[ErrorReport], now: float) -> list[Text]:
    lines = [Text("\nLast errors", style="bold")] if errors else []
    for one in errors:
        lines.append(_line(f"{duration(now - one.at)} ago: {printable(one.plain)}", "red"))
        lines.append(_line(f"  {one.status} {printable(one.type)}: {printable(one.message)}", "dim"))
    return lines


def _line(words: str, style: str) -> Text:
    return Text(words, style=style, no_wrap=True, overflow="ellipsis")
