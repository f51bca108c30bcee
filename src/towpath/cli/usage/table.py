"""The sums as a table for a terminal, with small bars."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from towpath.cli.console import own_command
from towpath.cli.printable import printable
from towpath.cli.top.figures import dollars, tokens
from towpath.core.figures import counted
from towpath.ledger.prices import Prices
from towpath.ledger.questions import By, Sums

_BAR = 8
_MOST_ROWS = 40  # a program gets all (--json, --csv)
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_NAMELESS = {"client": "not named", "cause": "no miss", "way": "not begun"}
_FIGURES = ("exchanges", "failed", "in", "cache", "written", "out", "cost")
_OF_CAUSES = ("exchanges", "missed", "of misses", "cost")
# What is left out of a narrow terminal first; the rest fits into 60 columns.
_ONLY_FROM_WIDTH = {"written": 90, "failed": 80, "cache": 70}


def picture(
    title: str, by: By, groups: Sequence[Sums], total: Sums, prices: Prices, *, width: int
) -> RenderableType:
    """The table, with its total, and what its figures mean. Long names are shortened, figures never."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    listed = _listed(by, groups)
    columns = _OF_CAUSES if by == "cause" else _FIGURES
    shown = [name for name in columns if width >= _ONLY_FROM_WIDTH.get(name, 0)]
    figures = [[_figures(one)[name] for name in shown] for one in (*listed, total)]
    widest = [max(map(len, cells)) for cells in zip(shown, *figures, strict=True)]
    room = width - sum(widest) - _BAR - 2 * len(shown) - 5  # the table's edges, and what is between columns
    table.add_column(by, overflow="ellipsis", no_wrap=True, max_width=max(room, 4))
    table.add_column("", no_wrap=True, min_width=_BAR)
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    most = max((weight(one) for one in groups), default=0)
    for one, row in zip(listed, figures, strict=False):
        name = printable(one.key) or _NAMELESS.get(by, "unknown")
        table.add_row(name, Text(bar(weight(one), most), style="cyan"), *row)
    if more := len(groups) - len(listed):
        table.add_row(f"{more:,} more", style="dim")
    table.add_section()
    table.add_row("total", "", *figures[-1], style="bold")
    return Group(table, *(Text(line, style="dim") for line in notes(by, total, prices)))


def _listed(by: By, groups: Sequence[Sums]) -> Sequence[Sums]:
    """Days in their order; of anything else the dearest, and no more than one can look at."""
    if by in ("day", "week", "month"):
        return groups
    return sorted(groups, key=weight, reverse=True)[:_MOST_ROWS]


def weight(one: Sums) -> float:
    """What the bars show: the cost, or all tokens where nothing has a price."""
    return one.cost or (one.prompt + one.output) / 1e12


def bar(value: float, most: float) -> str:
    """A bar of at most eight columns, in eighths of one."""
    eighths = round(value / most * _BAR * 8) if most else 0
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def notes(by: By, total: Sums, prices: Prices) -> list[str]:
    """What the table cannot say itself."""
    lines = [
        "missed: tokens that the prompt cache had and that were sent again. of misses: what that cost."
        if by == "cause"
        else "in: all tokens that were sent. cache: how much of them the prompt cache had.",
        f"cost: what the API charges, prices as of {prices.as_of}. Under a plan it would have cost this.",
    ]
    if total.unpriced:
        lines.append(f"{counted(total.unpriced, 'answer')} not in it: no price is known of the model.")
    if total.missed and by != "cause":
        lines.append(
            f"Misses of the prompt cache: {tokens(total.missed)} tokens written again, "
            f"{dollars(total.cost_of_misses)} of the cost. Why: {own_command('usage --by cause')}"
        )
    return lines


def _figures(one: Sums) -> dict[str, str]:
    share = one.cache_share
    return {
        "exchanges": f"{one.exchanges:,}",
        "failed": f"{one.failed:,}" if one.failed else "",
        "in": tokens(one.prompt),
        "cache": "" if share is None else f"{share:.0%}",
        "written": tokens(one.cache_write_5m + one.cache_write_1h),
        "out": tokens(one.output),
        "missed": tokens(one.missed),
        "of misses": dollars(one.cost_of_misses),
        "cost": dollars(one.cost) if one.cost or not one.unpriced else "unknown",
    }
