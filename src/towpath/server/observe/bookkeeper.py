"""The ledger's bookkeeper: makes a row of each exchange that has ended, and has it written.

Off the event loop: ``ledger.writer`` writes on its own thread.
"""

from collections.abc import Callable, Mapping

import structlog

from towpath.ledger.file import FILE_NAME
from towpath.ledger.prices import load_prices
from towpath.ledger.questions import Sums
from towpath.ledger.row import Reading, Row, client_of, day_of, figures
from towpath.ledger.writer import LedgerWriter
from towpath.server.exchange.events import Ended
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.server.exchange.record import ExchangeRecord
from towpath.server.observe.today import Today
from towpath.settings import Settings

log = structlog.get_logger(__name__)


class Bookkeeper:
    """Has what has ended written into the ledger, and how full the plan's windows are by then.

    ``clock`` is Unix time in seconds. Raises PricesError.
    """

    def __init__(
        self, settings: Settings, limits: Mapping[str, KnownLimits], clock: Callable[[], float]
    ) -> None:
        self.file = settings.state_dir / FILE_NAME
        self.prices = load_prices(settings.prices)
        self._today = Today(self.file, self.prices, clock)
        self._limits = limits
        self._clock = clock
        self._run = f"{int(clock()):x}"  # names this run of the server, whose conversations begin with 1
        self._used: dict[tuple[str, str], float] = {}
        self._writer = (
            LedgerWriter(
                self.file, keep_days=settings.ledger_days, keep_mb=settings.ledger_mb, say=log.warning
            )
            if settings.ledger
            else None
        )

    def status(self) -> str:
        """How the ledger is: ok, off, or why it cannot be written at the moment."""
        return (self._writer.trouble or "ok") if self._writer else "off"

    def today(self) -> Sums:
        """What was used today."""
        return self._today.sums()

    def ended(self, event: Ended) -> None:
        """Note an exchange, and the windows that it moved."""
        row = row_of(event.exchange, self._run)
        self._today.add(row)
        if self._writer is None:
            return
        self._writer.put(row)
        for window in self._limits[row.access].windows():
            used, name = window.utilization, (row.access, window.name)
            if used is not None and self._used.get(name) != used:
                self._used[name] = used
                self._writer.put(Reading(self._clock(), window.name, used, window.resets_at, row.access))

    def close(self) -> None:
        """Write what is left; blocks until that is done."""
        if self._writer:
            self._writer.close()


def row_of(exchange: ExchangeRecord, run: str) -> Row:
    """What is kept of an exchange. Of a reason that quotes an error, only the words before it."""
    first_event, queue = exchange.first_event_seconds, exchange.queue_seconds
    return Row(
        at=exchange.began_at,
        day=day_of(exchange.began_at),
        access=exchange.access,
        model=exchange.answered_by or exchange.model,
        client=client_of(exchange.user_agent),
        label=exchange.labels.get("client_session", ""),
        conversation=f"{run}-{exchange.conversation}",
        mode=exchange.mode.value,
        way=exchange.way or "",
        reason=(exchange.reason or "").partition(":")[0],
        outcome=exchange.state.value,
        status=exchange.error.status if exchange.error else 200,
        stop_reason=exchange.stop_reason or "",
        cause=exchange.cache_miss.cause.value if exchange.cache_miss else "",
        missed=exchange.cache_miss.tokens if exchange.cache_miss else 0,
        messages=exchange.messages,
        queue_ms=None if queue is None else round(queue * 1000, 1),
        first_event_ms=None if first_event is None else round(first_event * 1000, 1),
        seconds=round(exchange.seconds, 3),
        key=exchange.answer_id or "",
        **figures(exchange.usage),
    )
