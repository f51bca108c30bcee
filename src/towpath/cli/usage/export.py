"""The sums for programs: as JSON, or as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
from msgspec.structs import asdict

from towpath.ledger.prices import Prices
from towpath.ledger.questions import By, Period, Sums


def as_json(by: By, period: Period, groups: Sequence[Sums], total: Sums, prices: Prices) -> str:
    """One object: the period, the price list, the groups and their total."""
    told: dict[str, Any] = {
        "first": period.first,
        "last": period.last,
        "by": by,
        "prices": {"source": prices.source, "as_of": prices.as_of.isoformat()},
        "groups": msgspec.to_builtins(groups),
        "total": msgspec.to_builtins(total),
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def as_csv(by: By, groups: Sequence[Sums]) -> str:
    """A line a group, below the names of the columns."""
    text = io.StringIO()
    columns = [name for name in Sums.__struct_fields__ if name != "key"]
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([by, *columns])
    for one in groups:
        values = asdict(one)
        lines.writerow([_inert(one.key), *(values[name] for name in columns)])
    return text.getvalue()


def _inert(text: str) -> str:
    """A name that a spreadsheet does not take for a formula: clients choose their own."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
