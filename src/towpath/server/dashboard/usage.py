"""What the ledger says, for the page, `towpath top` and whoever asks GET /v1/usage.

Asked on a thread: a year of rows takes some 50 ms.
"""

import asyncio
import heapq
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from towpath.ledger.file import open_to_read
from towpath.ledger.pace import LOOK_BACK_SECONDS, used_up_at
from towpath.ledger.prices import Prices
from towpath.ledger.questions import Period, Sums, readings, slowest, steps_of, sums_by, sums_of_days, total
from towpath.ledger.row import Reading, day_of
from towpath.server.reports import DayReport, StepReport, UsageReport, WindowPace

T = TypeVar("T")
_SHOWN = 10
_DAY_SECONDS = 24 * 3600


class UsageHistory:
    """Reads the ledger. ``clock`` is Unix time in seconds."""

    def __init__(self, file: Path, prices: Prices, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._prices = prices
        self._clock = clock

    async def report(self, days: int) -> UsageReport | None:
        """The last ``days`` days, today included; None if there is no ledger that can be read."""
        return await self._asked(lambda db: self._report(db, days))

    async def conversation(self, name: str) -> list[StepReport] | None:
        """The exchanges of a conversation, the oldest first."""
        return await self._asked(lambda db: [_step(row) for row in steps_of(db, name)])

    async def _asked(self, ask: Callable[[sqlite3.Connection], T]) -> T | None:
        def in_the_file() -> T | None:
            try:
                with closing(open_to_read(self._file)) as db:
                    return ask(db)
            except sqlite3.Error:  # not there yet, damaged, or older than its tables
                return None

        return await asyncio.to_thread(in_the_file)

    def _report(self, db: sqlite3.Connection, days: int) -> UsageReport:
        now = self._clock()
        period = Period(day_of(now - (days - 1) * _DAY_SECONDS), day_of(now))
        by_day = sums_of_days(db, "model", period, self._prices)
        models = sums_by(db, "model", period, self._prices)
        return UsageReport(
            first=period.first,
            last=period.last,
            prices_as_of=self._prices.as_of.isoformat(),
            prices_source=self._prices.source,
            total=total(models),
            days=[DayReport(day=day, models=of_models) for day, of_models in by_day.items()],
            models=models,
            clients=sums_by(db, "client", period, self._prices),
            ways=sums_by(db, "way", period, self._prices),
            causes=sums_by(db, "cause", period, self._prices),
            conversations=dearest(sums_by(db, "conversation", period, self._prices)),
            slowest=[_step(row) for row in slowest(db, period, _SHOWN)],
            paces=_paces(readings(db, now - LOOK_BACK_SECONDS), now),
        )


def dearest(groups: list[Sums]) -> list[Sums]:
    """Those that cost most; where nothing has a price, those with most tokens."""
    return heapq.nlargest(_SHOWN, groups, key=lambda one: (one.cost, one.prompt + one.output))


def _paces(found: list[Reading], now: float) -> list[WindowPace]:
    windows: dict[tuple[str, str], list[Reading]] = {}
    for one in found:
        windows.setdefault((one.access, one.window), []).append(one)
    return [
        WindowPace(access=access, window=name, used_up_at=used_up_at(of, now))
        for (access, name), of in windows.items()
    ]


def _step(row: dict[str, Any]) -> StepReport:
    return StepReport(**{name: row[name] for name in StepReport.__struct_fields__})
