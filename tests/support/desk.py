"""The page over an account that a test writes by hand: no CLI, so whatever can be on it can be shown.

All parts are the real ones; only the exchanges did not happen.
"""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware

from tests.support.fidelity import request, user
from towpath.agent.additions import AdditionStore
from towpath.agent.bundled_cli import AuthStatus, cli_path
from towpath.core.accesses import DEFAULT
from towpath.core.account_limits import Verdict, Window
from towpath.core.canonical import tips
from towpath.core.errors import ApiError
from towpath.core.events import MESSAGE_STOP, Event
from towpath.core.mode import Mode
from towpath.core.reading.request import parse_request
from towpath.ledger.file import FILE_NAME
from towpath.ledger.prices import load_prices
from towpath.ledger.questions import Sums
from towpath.server.dashboard.activity import Activity
from towpath.server.dashboard.routes import ActivityStream, dashboard_routes
from towpath.server.dashboard.usage import UsageHistory
from towpath.server.exchange.conversations import Conversations
from towpath.server.exchange.events import Began, CallerRejected, Ended, FirstEvent, LeftQueue, Streamed
from towpath.server.exchange.limit_refusals import KnownLimits, limits_report
from towpath.server.exchange.publisher import Publisher
from towpath.server.exchange.record import ExchangeRecord
from towpath.server.guard import Guard, Rules
from towpath.server.headers import AlwaysHeaders
from towpath.server.observe.health import Health
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Reply
from towpath.sessions.plan import Limits
from towpath.sessions.pool import Pool
from towpath.sessions.stalls import StallTimeouts
from towpath.testing import serve_in_thread

Asks = Callable[[], Awaitable[AuthStatus | None]]


async def _nobody() -> AuthStatus | None:
    return None


class Desk:
    """An account whose pool is empty. ``tell`` lets an exchange happen in it."""

    def __init__(self, folder: Path, *, shows_content: bool = False, windows: Sequence[Window] = ()) -> None:
        pool = self.pool = Pool(
            lambda _: _never(),
            AdditionStore(folder),
            Limits(idle_seconds=1, parked_seconds=1, memory_bytes=1, spares=0),
            lambda: 0.0,
            StallTimeouts(),
            cores=1,
        )
        self.admission = Admission(running=1, waiting=1)
        self.ledger = "ok"
        health = self.health(_nobody)
        self.limits = KnownLimits(time.time, Publisher().publish, no_extra_usage=False)
        self.limits.hear(Verdict("claude-sonnet-4-5", time.time(), "allowed", windows=tuple(windows)))
        self._limits = {DEFAULT: self.limits}
        self.conversations = Conversations()
        self.activity = Activity(
            pool,
            health,
            self.conversations,
            partial(limits_report, self._limits),
            lambda: Sums(key="2026-11-28"),
            shows_content=shows_content,
        )
        self.usage = UsageHistory(folder / FILE_NAME, load_prices())
        self._numbers = iter(range(1, 10_000))

    def another_access(self, name: str, *windows: Window) -> None:
        """One with these windows of a plan."""
        known = KnownLimits(time.time, Publisher().publish, access=name, no_extra_usage=False)
        known.hear(Verdict("claude-sonnet-4-5", time.time(), "allowed", windows=windows))
        self._limits[name] = known

    def health(self, ask: Asks, *, is_shared: bool = False, cli: Path | None = None) -> Health:
        """What the server says of itself if this is who is logged in."""
        mode, cli = Mode.PASSTHROUGH, cli or cli_path()
        return Health(
            self.pool,
            self.admission,
            mode,
            is_shared=is_shared,
            ask=ask,
            cli=cli,
            ledger=lambda: self.ledger,
        )

    def record(self, *digests: bytes, model: str = "claude-sonnet-4-5") -> ExchangeRecord:
        """One that has not begun; ``digests`` are those of its messages."""
        return ExchangeRecord(
            request_id=f"req_{next(self._numbers)}",
            user_agent="",
            model=model,
            mode=Mode.PASSTHROUGH,
            tips=(all_tips := tips(model.encode(), digests or [b"one"])),
            conversation=self.conversations.begun(all_tips),
            read_seconds=0.001,
            began_at=time.time(),
            began=time.monotonic(),
        )

    def tell(
        self,
        record: ExchangeRecord,
        *,
        said: str = "",
        way: str = "start",
        session: int = 1,
        reason: str = "the conversation begins",
        first_event_ms: float = 400,
        start_ms: float | None = None,
        usage: Any = None,
        answer: str = "",
        error: ApiError | None = None,
    ) -> None:
        """Let it happen."""
        ready_ms = first_event_ms / 10 if start_ms is None else start_ms
        opened = reply(way, reason, session, taken_at=record.began + ready_ms / 1000, usage=usage)
        self.activity.began(began(record, said))
        record = record.left_queue(record.began + 0.0001)
        self.activity.left_queue(LeftQueue(record))
        number = self.conversations.served(record.tips, record.conversation, session)
        record = record.first_event(opened, record.began + first_event_ms / 1000, number)
        self.activity.first_event(FirstEvent(record, {}))
        self.activity.streamed(Streamed(record.request_id, text_delta(answer)))
        if error:
            record = record.failed(error)
        else:
            record = record.event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
            record = record.event(MESSAGE_STOP)
        self.activity.ended(Ended(record.ended(time.monotonic())))

    @contextmanager
    def served(self, *, keys: Sequence[str] = (), port: int = 0) -> Iterator[str]:
        """The address at which the page shows it."""
        stream = ActivityStream(self.activity, ping_seconds=15, client_seconds=60)
        routes = dashboard_routes(self.activity, stream, self.usage, needs_key=bool(keys))
        publisher = Publisher()
        publisher.subscribe(CallerRejected, self.activity.caller_rejected)
        guard = Middleware(Guard, Rules("127.0.0.1", keys=keys), publisher.publish)
        middleware = [Middleware(AlwaysHeaders), guard]
        with serve_in_thread(Starlette(routes=routes, middleware=middleware), port=port) as url:
            yield url


def began(record: ExchangeRecord, said: str = "") -> Began:
    """What is published of an exchange that begins, with this as its newest message."""
    body = orjson.dumps(request([user(said or "-")]))
    return Began(record, parse_request(body), Headers({}), body)


def text_delta(text: str) -> Event:
    """A piece of an answer."""
    return {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}


def reply(
    way: str = "start", reason: str = "", session: int = 1, *, taken_at: float, usage: Any = None
) -> Reply:
    """A reply of which no more than its first event comes."""
    first = {"type": "message_start", "message": {"usage": usage}}
    return Reply(way, reason, session, taken_at, first, _no_more())


async def _no_more() -> AsyncGenerator[Event]:
    return
    yield


def _never() -> Any:
    raise AssertionError("nothing is started here")
