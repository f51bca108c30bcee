"""What is happening and what happened lately, as a value: the page and `towpath top` are made of it.

Figures and names of the last exchanges, of those that run, of the live processes and the plan's windows.
What was said is in it only where CLAUDE_PROXY_SHOW_CONTENT asks for that. ``looking`` serves it.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from towpath.core.errors import ApiError
from towpath.core.usage import TOKENS
from towpath.server.dashboard.advice import KEPT_OUT, plain_words
from towpath.server.dashboard.conversations import Conversations
from towpath.server.exchange.record import ExchangeRecord
from towpath.server.observe.health import Health
from towpath.sessions.plan import MIB
from towpath.sessions.pool import Pool

KEPT_EXCHANGES = 100
KEPT_ERRORS = 20
_ERROR_CHARS = 500
# Ages and counts of processes change without a word; what an exchange does is told.
_LOOK_EVERY_SECONDS = 1.0
_LET_PASS_SECONDS = 0.2
_NO_TOKENS = dict.fromkeys(TOKENS, 0)

Json = dict[str, Any]
Limits = Callable[[], Mapping[str, Any]]
"""What is known of the account's limits, as GET /v1/limits tells it."""


class Activity:
    """Takes notes of exchanges as they go on; ``snapshot`` is all that is known at the moment.

    All of it belongs to the event loop. Bounded by the numbers above, and by what runs.
    """

    def __init__(self, pool: Pool, health: Health, *, shows_content: bool, limits: Limits) -> None:
        self._pool = pool
        self._health = health
        self._shows_content = shows_content
        self._limits = limits
        self._started_at = round(time.time())
        self._conversations = Conversations()
        self._running: dict[ExchangeRecord, int] = {}
        self._over: deque[Json] = deque(maxlen=KEPT_EXCHANGES)
        self._errors: deque[Json] = deque(maxlen=KEPT_ERRORS)
        self._totals: Counter[str] = Counter({"exchanges": 0, "failed": 0, **_NO_TOKENS})
        self._watchers: set[asyncio.Event] = set()
        self._is_closed = False

    def begins(self, record: ExchangeRecord) -> None:
        """An exchange waits for its place."""
        self._running[record] = self._conversations.begun(record.tips)
        self._tell()

    def goes_on(self, record: ExchangeRecord) -> None:
        """It has left the queue, or its answer has begun."""
        if record.session is not None:
            number = self._running[record]
            self._running[record] = self._conversations.served(record.tips, number, record.session)
        self._tell()

    def observe(self, record: ExchangeRecord) -> None:
        """It is over."""
        number = self._running.pop(record)
        self._over.append(_exchange(record, number, record.outcome))
        self._totals.update(record.tokens)
        self._totals["exchanges"] += 1
        if record.error:
            self._failed(record.request_id, record.error, number)
        self._tell()

    def refused(self, request_id: str, error: ApiError) -> None:
        """A request broke a rule, so that there was no exchange."""
        self._failed(request_id, error, None)
        self._tell()

    def kept_out(self, request_id: str, error: ApiError) -> None:
        """The guard did not let a caller in. One that tries again and again is one error."""
        if self._errors and self._errors[-1]["message"] == error.message:
            self._errors.pop()
        self._errors.append(_error(request_id, error, KEPT_OUT, None))
        self._tell()

    def snapshot(self) -> Json:
        """All that is known: the answer of GET /v1/activity. Times are Unix seconds; newest first."""
        running = [
            _exchange(record, number, _state(record)) for record, number in reversed(self._running.items())
        ]
        return {
            "server": {**self._health.report(), "started_at": self._started_at},
            "shows_content": self._shows_content,
            "totals": dict(self._totals),
            "limits": dict(self._limits()),
            "exchanges": [*running, *reversed(self._over)],
            "errors": list(reversed(self._errors)),
            "processes": self._processes(),
        }

    async def snapshots(self) -> AsyncGenerator[Json]:
        """A snapshot at once and whenever it has changed, until the server stops."""
        told = asyncio.Event()
        self._watchers.add(told)
        last: Json | None = None
        try:
            while not self._is_closed:
                told.clear()
                if (now := self.snapshot()) != last:
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

    def _failed(self, request_id: str, error: ApiError, conversation: int | None) -> None:
        self._totals["failed"] += 1
        self._errors.append(_error(request_id, error, plain_words(error), conversation))

    def _processes(self) -> list[Json]:
        now, clock = time.time(), time.monotonic()
        return [
            {
                "session": session.number,
                "pid": session.pid,
                "state": "starting" if session.is_starting else session.state.value,
                "since": round(now - (clock - session.since)),
                "memory_mb": session.memory_bytes // MIB,
                "model": session.launch.model,
                "conversation": self._conversations.of_session(session.number),
            }
            for session in self._pool.sessions
        ]


def _error(request_id: str, error: ApiError, plain: str, conversation: int | None) -> Json:
    return {
        "at": round(time.time()),
        "request_id": request_id,
        "conversation": conversation,
        "status": error.status,
        "type": error.type,
        "plain": plain,
        "message": error.message[:_ERROR_CHARS],
    }


def _state(record: ExchangeRecord) -> str:
    """Where an exchange is that runs."""
    if record.way is not None:
        return "answering"
    return "asking" if "queue" in record.phases else "waiting"


def _exchange(record: ExchangeRecord, conversation: int, state: str) -> Json:
    waited = [record.phases[name] for name in ("queue", "start", "model") if name in record.phases]
    said = {"question": record.words.question, "answer": record.words.answer} if record.words else {}
    return {
        "request_id": record.request_id,
        "conversation": conversation,
        "session": record.session,
        "state": state,
        "way": record.way,
        "reason": record.reason,
        "model": record.model,
        "mode": record.mode.value,
        "messages": record.messages,
        "began_at": round(record.began_at, 3),
        "seconds": round(record.seconds, 3) if state == record.outcome else None,
        "first_event_ms": round(sum(waited), 1) if "model" in record.phases else None,
        "phases_ms": dict(record.phases),
        "stop_reason": record.stop_reason,
        "usage": {**_NO_TOKENS, **record.tokens},
        "cache_note": record.cache_note,
        "error": {"status": record.error.status, "type": record.error.type} if record.error else None,
        **said,
    }
