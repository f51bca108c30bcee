"""What the ledger answers: sums by whatever people ask for, conversations, and the slowest steps.

Costs are computed when they are asked for: a price list that is corrected counts for what was long ago.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import asdict, replace

from towpath.ledger.prices import Prices
from towpath.ledger.row import Reading, Row, Tokens
from towpath.ledger.schema import COLUMNS, SUMS, TOKENS

By = Literal[
    "day", "week", "month", "model", "client", "conversation", "access", "mode", "way", "reason", "cause",
    "outcome", "source",
]  # fmt: skip
ALL_BY: tuple[By, ...] = get_args(By)
# A week is named by its Monday.
_KEYS = {"week": "date(day, '-6 days', 'weekday 1')", "month": "substr(day, 1, 7)"}
_FROM_ROWS = {"exchanges": "COUNT(*)", "failed": "SUM(status >= 400)"}


class Sums(Tokens, frozen=True, kw_only=True):
    """What a group of exchanges comes to. ``key`` is its day, its model, …

    ``cost`` is in dollars, as the API would charge; ``unpriced`` counts the answers that are not in it,
    since their model has no known price. ``missed`` tokens were in the prompt cache and not read;
    ``cost_of_misses``, a part of ``cost``, is what that came to. ``seconds``: how long all of them took.
    """

    key: str = ""
    exchanges: int = 0
    failed: int = 0
    seconds: float = 0
    missed: int = 0
    cost: float = 0
    cost_of_misses: float = 0
    unpriced: int = 0

    @property
    def prompt(self) -> int:
        """All tokens that were sent."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    @property
    def cache_share(self) -> float | None:
        """How much of what was sent was read from the cache, 0 to 1."""
        return self.cache_read / self.prompt if self.prompt else None


class Period(Struct, frozen=True):
    """Days, the first and the last included, as 2026-11-28."""

    first: str
    last: str


def sums_by(db: sqlite3.Connection, by: By, period: Period, prices: Prices) -> list[Sums]:
    """The sums of each group, in the order of their keys."""
    return [replace(sums, key=key) for (key,), sums in _grouped(db, (by,), period, prices).items()]


def sums_of_days(db: sqlite3.Connection, by: By, period: Period, prices: Prices) -> dict[str, list[Sums]]:
    """The groups of each day on which there was something."""
    days: dict[str, list[Sums]] = {}
    for (day, key), sums in _grouped(db, ("day", by), period, prices).items():
        days.setdefault(day, []).append(replace(sums, key=key))
    return days


def total(groups: Iterable[Sums], key: str = "total") -> Sums:
    """All groups together."""
    return reduce(together, groups, Sums(key=key))


def together(one: Sums, other: Sums) -> Sums:
    """Both, under the key of the first."""
    more = asdict(other)
    added = {name: value + more[name] for name, value in asdict(one).items() if name != "key"}
    return Sums(key=one.key, **added)


def sum_of(row: Row, prices: Prices) -> Sums:
    """A group of one exchange."""
    values = (1, int(row.status >= 400), row.seconds, row.missed, *(getattr(row, kind) for kind in TOKENS))
    return _priced((row.model, row.tier, row.band, *values), prices)


def slowest(db: sqlite3.Connection, period: Period, count: int) -> list[dict[str, Any]]:
    """The steps whose first event took longest, with all that is known of them."""
    return _rows(
        db,
        "WHERE day BETWEEN ? AND ? AND first_event_ms IS NOT NULL ORDER BY first_event_ms DESC LIMIT ?",
        (period.first, period.last, count),
    )


def steps_of(db: sqlite3.Connection, conversation: str) -> list[dict[str, Any]]:
    """The exchanges of a conversation, in their order."""
    return _rows(db, "WHERE conversation = ? ORDER BY at", (conversation,))


def readings(db: sqlite3.Connection, since: float) -> list[Reading]:
    """How full the plan's windows were, from a Unix time on."""
    found = db.execute(
        "SELECT at, window, used, resets_at, access FROM windows WHERE at >= ? ORDER BY at", (since,)
    )
    return [Reading(*one) for one in found]


def _rows(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    found = db.execute(f"SELECT {', '.join(COLUMNS)} FROM exchanges {where}", values)
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]


def _grouped(
    db: sqlite3.Connection, by: Sequence[By], period: Period, prices: Prices
) -> dict[tuple[str, ...], Sums]:
    keys = [_KEYS.get(one, one) for one in by]
    table, of = ("exchanges", _FROM_ROWS) if "conversation" in by else ("days", {})
    columns = ", ".join(of.get(name, f"SUM({name})") for name in SUMS)
    places = ", ".join(str(number + 1) for number in range(len(keys) + 3))
    found = db.execute(
        f"SELECT {', '.join(keys)}, model, tier, band, {columns} FROM {table} "
        f"WHERE day BETWEEN ? AND ? GROUP BY {places} ORDER BY {places}",
        (period.first, period.last),
    )
    groups: dict[tuple[str, ...], Sums] = {}
    for row in found:
        key = row[: len(keys)]
        groups[key] = together(groups.get(key, Sums()), _priced(row[len(keys) :], prices))
    return groups


def _priced(columns: Sequence[Any], prices: Prices) -> Sums:
    model, tier, band, *values = columns
    sums = Sums(**dict(zip(SUMS, values, strict=True)))
    rates = prices.rates(model, tier, band)
    if rates is None:
        return replace(sums, unpriced=sums.exchanges - sums.failed)
    return replace(sums, cost=rates.cost(sums), cost_of_misses=rates.cost_of_miss(sums.missed, sums))
