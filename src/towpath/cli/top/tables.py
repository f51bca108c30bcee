"""The tables of the picture: columns that keep their numbers whole, names that end in an ellipsis. Pure."""

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from towpath.cli.printable import printable
from towpath.cli.top.figures import cache_share, duration, input_tokens, milliseconds, tokens
from towpath.core.accesses import DEFAULT
from towpath.server.reports import ActivityReport, ExchangeReport, ProcessReport

# A title with an empty line above it, and the names of the columns.
LINES_BESIDE_ROWS = 3
_WIDTH_FOR_REASONS = 110
_WAYS = {"start": "yellow", "resume": "green", "answer": "blue"}
_RUNNING = {"waiting": "waiting", "asking": "asking", "answering": "answering"}
_ENDS = {"end_turn": "done", "tool_use": "called tools", "max_tokens": "cut at max_tokens"}
# The states that concern somebody now.
_BUSY = ("running", "parked")


def exchanges(seen: ActivityReport, now: float, rows: int, width: int) -> Table:
    """The newest exchanges, at most ``rows``; on a wide terminal with the reasons for their ways."""
    table = _table("Last exchanges", "ago", "no.", "model", "way", "first", "in", "cached", "out", "end")
    for column in (4, 5, 6, 7):
        table.columns[column].justify = "right"
    last = ["why"] * (width >= _WIDTH_FOR_REASONS) + ["asked"] * seen.shows_content
    for title in last:
        table.add_column(title, style="dim")
    for one in seen.exchanges[:rows]:
        way = printable(one.way or "-")
        why = "; ".join(text for text in (one.reason, one.cache_note) if text)
        more = {"why": why, "asked": one.question if isinstance(one.question, str) else ""}
        table.add_row(
            duration(now - one.began_at),
            str(one.conversation),
            _shortened(_model(one)),
            Text(way, style=_WAYS.get(way, "")),
            milliseconds(one.first_event_ms),
            tokens(input_tokens(one.usage)),
            cache_share(one.usage),
            tokens(one.usage.output_tokens),
            _end(one),
            *(_shortened(more[title]) for title in last),
        )
    return table


def processes(found: Sequence[ProcessReport], now: float, rows: int) -> list[RenderableType]:
    """Those that run or are parked first; the others in one line where there are more than ``rows``."""
    if not found:
        return []
    ordered = sorted(found, key=lambda one: _BUSY.index(one.state) if one.state in _BUSY else len(_BUSY))
    shown = ordered
    if len(ordered) > rows:
        shown = [one for one in ordered if one.state in _BUSY][: max(0, rows - 1)]
    names = ("session", "state", "since", "memory", "conversation", "model", "process")
    table = _table("Live processes", *names)
    for one in shown:
        table.add_row(
            str(one.session),
            printable(one.state),
            duration(now - one.since),
            f"{one.memory_mb} MB",
            str(one.conversation or "-"),
            _shortened(_model(one)),
            str(one.pid or "-"),
        )
    if len(shown) == len(ordered):
        return [table]
    folded = Counter(printable(one.state) for one in ordered[len(shown) :])
    words = ", ".join(f"{count} {state}" for state, count in folded.items())
    return [table if shown else Text("\nLive processes", style="bold"), Text(f"and {words}", style="dim")]


def _shortened(words: str) -> Text:
    """What gives way where the terminal is too narrow, the longest first."""
    return Text(printable(words), no_wrap=True, overflow="ellipsis")


def _model(one: ExchangeReport | ProcessReport) -> str:
    """The model, and the access by which it is asked, unless that is the default one."""
    name = one.model.removeprefix("claude-")
    return name if one.access == DEFAULT else f"{name}, by {one.access}"


def _end(one: ExchangeReport) -> Text:
    if one.state in _RUNNING:
        return Text(_RUNNING[one.state], style="bold green")
    if one.error:
        return Text(f"failed, {one.error.status}", style="red")
    if one.state != "complete":
        return Text(f"the {printable(one.state)}")
    return Text(_ENDS.get(one.stop_reason or "") or printable(one.stop_reason or "done"))


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
        table.add_column(column, no_wrap=column != "model", overflow="ellipsis")
    return table
