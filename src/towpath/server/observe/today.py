"""What was used today, kept up to date in memory: it is shown at each change, and a file is slow for that."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from towpath.ledger.file import open_to_read
from towpath.ledger.prices import Prices
from towpath.ledger.questions import Period, Sums, sum_of, sums_by, together, total
from towpath.ledger.row import Row, day_of


class Today:
    """The sums of this day: what the ledger has of it, and each row since. ``clock`` is Unix time."""

    def __init__(self, file: Path, prices: Prices, clock: Callable[[], float]) -> None:
        self._prices = prices
        self._clock = clock
        self._day = day_of(clock())
        self._sums = self._in(file)

    def add(self, row: Row) -> None:
        """Another exchange."""
        if row.day == self.sums().key:
            self._sums = together(self._sums, sum_of(row, self._prices))

    def sums(self) -> Sums:
        """Those of today; their key is its date."""
        if (day := day_of(self._clock())) != self._day:
            self._day, self._sums = day, Sums(key=day)
        return self._sums

    def _in(self, file: Path) -> Sums:
        try:
            with closing(open_to_read(file)) as db:
                return total(sums_by(db, "model", Period(self._day, self._day), self._prices), self._day)
        except sqlite3.Error:  # not there yet, or damaged, as the writer will say
            return Sums(key=self._day)
