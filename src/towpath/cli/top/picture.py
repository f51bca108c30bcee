"""A snapshot as a picture for a terminal. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from towpath.cli.console import own_command
from towpath.cli.printable import printable
from towpath.cli.top.figures import (
    bars,
    cache_share,
    duration,
    input_tokens,
    milliseconds,
    reset,
    tokens,
)
from towpath.server.reports import ActivityReport, ErrorReport, ExchangeReport, LimitsReport, ProcessReport

_SHOWN_TIMES = 40
_SHOWN_ERRORS = 3
_WIDTH_FOR_REASONS = 110
_WAYS = {"start": "yellow", "resume": "green", "answer": "blue"}
_RUNNING = {"waiting": "waiting", "asking": "asking", "answering": "answering"}
_ENDS = {"end_turn": "done", "tool_use": "called tools", "max_tokens": "cut at max_tokens"}
_STATES = {"allowed": "", "allowed_warning": ", close to its limit", "rejected": ", used up"}
_WINDOWS = {"five_hour": "five hours", "seven_day": "seven days"}


def picture(seen: ActivityReport, now: float, *, rows: int, width: int, note: str = "") -> RenderableType:
    """All of it, with at most ``rows`` exchanges; ``now`` in Unix seconds by the server's clock.

    ``note``: what is to be said of the connection.
    """
    return Group(
        _head(seen, now, note),
        _figures(seen),
        *_times(seen.exchanges),
        *_windows(seen.limits, now),
        _exchanges(seen, now, rows, width),
        *_processes(seen.processes, now),
        *_errors(seen.errors[:_SHOWN_ERRORS], now),
    )


def _head(seen: ActivityReport, now: float, note: str) -> Text:
    server = seen.server
    status = {"ok": "logged in", "starting": "is starting"}.get(server.status, server.status)
    head = Text("Towpath ", style="bold")
    head.append(printable(server.version), style="not bold")
    up = duration(now - server.started_at)
    words = f"  {printable(status)} · {printable(server.mode)} mode · up {up}"
    head.append(words, style="not bold red" if server.status == "not logged in" else "not bold dim")
    head.append(f"  {note}", style="not bold red")
    return head


def _figures(seen: ActivityReport) -> Text:
    totals, server = seen.totals, seen.server
    running = sum(one.state in ("asking", "answering") for one in seen.exchanges)
    parts = [
        f"{running} running, {server.waiting} waiting",
        f"{sum(server.sessions.values())} processes, {server.memory_mb:,} MB",
        f"{totals.exchanges:,} exchanges, {totals.failed:,} failed",
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


def _windows(limits: LimitsReport, now: float) -> list[Text]:
    lines = []
    for one in limits.windows:
        used, status = one.utilization, one.status or "allowed"
        name = _WINDOWS.get(one.name) or printable(one.name).replace("_", " ")
        share = "" if used is None else f"{used:.0%} used, "
        state = _STATES.get(status, f", {printable(status)}")
        lines.append(Text(f"Plan, {name}: {share}{reset(one.resets_at, now)}{state}"))
    if limits.extra_usage.in_use:
        lines.append(Text("Extra usage is paying for the answers now", style="red"))
    return lines or [Text("Plan windows: not known", style="dim")]


def _exchanges(seen: ActivityReport, now: float, rows: int, width: int) -> RenderableType:
    if not seen.exchanges:
        return Text(f"\nNo requests yet. `{own_command('env')}` says how to connect a client.")
    table = _table("Last exchanges", "ago", "no.", "model", "way", "first", "in", "cached", "out", "end")
    for column in (4, 5, 6, 7):
        table.columns[column].justify = "right"
    last = ["why"] * (width >= _WIDTH_FOR_REASONS) + ["asked"] * seen.shows_content
    for title in last:
        table.add_column(title, ratio=1, no_wrap=True, style="dim")
    for one in seen.exchanges[:rows]:
        way = printable(one.way or "-")
        why = "; ".join(text for text in (one.reason, one.cache_note) if text)
        more = {"why": why, "asked": one.question if isinstance(one.question, str) else ""}
        table.add_row(
            duration(now - one.began_at),
            str(one.conversation),
            printable(one.model).removeprefix("claude-"),
            Text(way, style=_WAYS.get(way, "")),
            milliseconds(one.first_event_ms),
            tokens(input_tokens(one.usage)),
            cache_share(one.usage),
            tokens(one.usage.output_tokens),
            _end(one),
            *(printable(more[title]) for title in last),
        )
    return table


def _end(one: ExchangeReport) -> Text:
    if one.state in _RUNNING:
        return Text(_RUNNING[one.state], style="bold green")
    if one.error:
        return Text(f"failed, {one.error.status}", style="red")
    if one.state != "complete":
        return Text(f"the {printable(one.state)}")
    return Text(_ENDS.get(one.stop_reason or "") or printable(one.stop_reason or "done"))


def _processes(processes: Sequence[ProcessReport], now: float) -> list[RenderableType]:
    if not processes:
        return []
    table = _table("Live processes", "session", "state", "since", "memory", "holds", "model", "process")
    for one in processes:
        table.add_row(
            str(one.session),
            printable(one.state),
            duration(now - one.since),
            f"{one.memory_mb} MB",
            f"conversation {one.conversation}" if one.conversation else "nothing yet",
            printable(one.model),
            str(one.pid or "-"),
        )
    return [table]


def _errors(errors: Sequence[ErrorReport], now: float) -> list[Text]:
    lines = [Text("\nLast errors", style="bold")] if errors else []
    for one in errors:
        lines.append(Text(f"{duration(now - one.at)} ago: {printable(one.plain)}", style="red"))
        lines.append(Text(f"  {one.status} {printable(one.type)}: {printable(one.message)}", style="dim"))
    return lines


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=None,
        header_style="dim",
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table
