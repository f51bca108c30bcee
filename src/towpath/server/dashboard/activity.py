"""What is happening and what happened lately, as a value: the page and `towpath top` show it.

Figures and names of the last exchanges, of those that run, of the live processes and the plan's windows.
What was said is in it only where CLAUDE_PROXY_SHOW_CONTENT asks for that. ``routes`` serves it.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from towpath.core.errors import ApiError
from towpath.core.explanations import explanation_of
from towpath.core.usage import TOKENS
from towpath.ledger.questions import Sums
from towpath.server.dashboard.preview import ContentPreview
from towpath.server.exchange.conversations import Conversations
from towpath.server.exchange.events import (
    Began,
    CallerRejected,
    Ended,
    FirstEvent,
    LeftQueue,
    Refused,
    Streamed,
)
from towpath.server.exchange.record import ExchangeRecord
from towpath.server.observe.health import Health
from towpath.server.reports import (
    ActivityReport,
    ErrorDetails,
    ErrorReport,
    ExchangeReport,
    LimitsReport,
    ProcessReport,
    ServerReport,
    Tokens,
    Totals,
)
from towpath.sessions.memory_budget import MIB
from towpath.sessions.pool import Pool

KEPT_EXCHANGES = 100
KEPT_ERRORS = 20
_ERROR_CHARS = 500
KEPT_OUT = "A caller was not let in. If it is yours, the message names the setting that lets it in."
# Ages and counts of processes change without an event, so watchers also look on their own.
_LOOK_EVERY_SECONDS = 1.0
_LET_PASS_SECONDS = 0.2
_NO_TOKENS = dict.fromkeys(TOKENS, 0)


@dataclass
class _Running:
    """An exchange that runs: as it was last told, and what was said."""

    exchange: ExchangeRecord
    preview: ContentPreview | None

    def shown(self) -> ExchangeReport:
        report = _exchange(self.exchange)
        if self.preview is None:
            return report
        return msgspec.structs.replace(report, question=self.preview.question, answer=self.preview.answer)


class Activity:
    """Takes notes of exchanges as they go on; ``snapshot`` is all that is known at the moment.

    Only the event loop may use it. It keeps as much as the numbers above say, and what runs.
    """

    def __init__(
        self,
        pool: Pool,
        health: Health,
        conversations: Conversations,
        limits: Callable[[], LimitsReport],
        today: Callable[[], Sums],
        *,
        shows_content: bool,
    ) -> None:
        self._pool = pool
        self._health = health
        self._shows_content = shows_content
        self._limits = limits
        self._today = today
        self._started_at = round(time.time())
        self._conversations = conversations
        self._running: dict[str, _Running] = {}
        self._over: deque[ExchangeReport] = deque(maxlen=KEPT_EXCHANGES)
        self._errors: dict[ErrorDetails, ErrorReport] = {}
        self._totals: Counter[str] = Counter({"exchanges": 0, "failed": 0, "refused": 0, **_NO_TOKENS})
        self._watchers: set[asyncio.Event] = set()
        self._is_closed = False

    def began(self, event: Began) -> None:
        """An exchange waits for its place."""
        exchange = event.exchange
        self._running[exchange.request_id] = _Running(
            exchange, ContentPreview(event.request.messages[-1]) if self._shows_content else None
        )
        self._tell()

    def left_queue(self, event: LeftQueue) -> None:
        """It has its place."""
        self._running[event.exchange.request_id].exchange = event.exchange
        self._tell()

    def first_event(self, event: FirstEvent) -> None:
        """Its answer begins, so it is known which session serves it."""
        self._running[event.exchange.request_id].exchange = event.exchange
        self._tell()

    def streamed(self, event: Streamed) -> None:
        """More of its answer."""
        if preview := self._running[event.request_id].preview:
            preview.add(event.event)

    def ended(self, event: Ended) -> None:
        """It is over."""
        exchange = event.exchange
        running = self._running.pop(exchange.request_id)
        running.exchange = exchange
        self._over.append(running.shown())
        self._totals.update(exchange.tokens)
        self._totals["exchanges"] += 1
        if exchange.error:
            self._totals["failed"] += 1
            self._keep_error(exchange.request_id, _details(exchange.error), exchange.conversation)
        self._tell()

    def refused(self, event: Refused) -> None:
        """A request broke a rule, so that there was no exchange."""
        self._totals["refused"] += 1
        self._keep_error(event.request_id, _details(event.error), None)
        self._tell()

    def caller_rejected(self, event: CallerRejected) -> None:
        """The guard did not let a caller in."""
        self._totals["refused"] += 1
        self._keep_error(event.request_id, _details(event.error, KEPT_OUT), None)
        self._tell()

    def snapshot(self) -> ActivityReport:
        """All that is known: the answer of GET /v1/activity."""
        running = [one.shown() for one in reversed(self._running.values())]
        return ActivityReport(
            at=time.time(),
            server=ServerReport(**asdict(self._health.report()), started_at=self._started_at),
            shows_content=self._shows_content,
            totals=Totals(**self._totals),
            today=self._today(),
            limits=self._limits(),
            exchanges=[*running, *reversed(self._over)],
            errors=list(reversed(self._errors.values())),
            processes=self._processes(),
        )

    async def snapshots(self) -> AsyncGenerator[ActivityReport]:
        """A snapshot at once and whenever it has changed, until the server stops."""
        told = asyncio.Event()
        self._watchers.add(told)
        last: ActivityReport | None = None
        try:
            while not self._is_closed:
                told.clear()
                now = self.snapshot()
                if last is None or msgspec.structs.replace(now, at=last.at) != last:
                    last = now
                    yield now
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                        await told.wait()
                        await asyncio.sleep(_LET_PASS_SECONDS)  # what comes in a burst is one change
        finally:
            self._watchers.discard(told)

    def close(self) -> None:
        """Let the watchers go: a server that stops does not wait for them."""
        self._is_closed = True
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    def _keep_error(self, request_id: str, details: ErrorDetails, conversation: int | None) -> None:
        """One that comes again in the same words is counted: it must not push out the others."""
        known = self._errors.pop(details, None)
        self._errors[details] = ErrorReport(
            **asdict(details),
            at=round(time.time()),
            request_id=request_id,
            conversation=conversation,
            count=known.count + 1 if known else 1,
        )
        if len(self._errors) > KEPT_ERRORS:
            del self._errors[next(iter(self._errors))]

    def _processes(self) -> list[ProcessReport]:
        now, clock = time.time(), time.monotonic()
        return [
            ProcessReport(
                session=session.number,
                pid=session.pid,
                state="starting" if session.is_starting else session.state.value,
                since=round(now - (clock - session.since)),
                memory_mb=session.memory_bytes // MIB,
                access=session.launch.access,
                model=session.launch.model,
                conversation=self._conversations.of_session(session.number),
            )
            for session in self._pool.sessions
        ]


def _details(error: ApiError, plain: str = "") -> ErrorDetails:
    return ErrorDetails(
        status=error.status,
        type=error.type,
        plain=plain or str(explanation_of(error)),
        message=error.message[:_ERROR_CHARS],
    )


def _exchange(exchange: ExchangeRecord) -> ExchangeReport:
    first_event, error, miss = exchange.first_event_seconds, exchange.error, exchange.cache_miss
    return ExchangeReport(
        request_id=exchange.request_id,
        conversation=exchange.conversation,
        session=exchange.session,
        state=exchange.state.value,
        way=exchange.way,
        reason=exchange.reason,
        access=exchange.access,
        model=exchange.model,
        mode=exchange.mode,
        messages=exchange.messages,
        began_at=round(exchange.began_at, 3),
        seconds=round(exchange.seconds, 3) if exchange.is_over else None,
        first_event_ms=round(first_event * 1000, 1) if first_event is not None else None,
        phases_ms=exchange.phases_ms,
        stop_reason=exchange.stop_reason,
        usage=Tokens(**{**_NO_TOKENS, **exchange.tokens}),
        cache_note=miss.sentence if miss else None,
        error=_details(error) if error else None,
        client_session=exchange.labels.get("client_session", UNSET),
        client_agent=exchange.labels.get("client_agent", UNSET),
    )
