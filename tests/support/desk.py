"""The page over an account that a test writes by hand: no CLI, so whatever can be on it can be shown.

All parts are the real ones; only the exchanges did not happen.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from towpath.agent.additions import AdditionStore
from towpath.agent.bundled_cli import AuthStatus
from towpath.core.canonical import tips
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.limits import Verdict, Window
from towpath.core.mode import Mode
from towpath.core.reading.request import Message
from towpath.server.dashboard.activity import Activity
from towpath.server.dashboard.routes import ActivityStream, looking_routes
from towpath.server.exchange.limits import KnownLimits
from towpath.server.exchange.preview import Words
from towpath.server.exchange.record import COMPLETE, ExchangeRecord
from towpath.server.guard import Guard, Rules
from towpath.server.headers import AlwaysHeaders
from towpath.server.observe.health import Health
from towpath.sessions.admission import Admission
from towpath.sessions.plan import Limits
from towpath.sessions.pool import Pool
from towpath.sessions.stalls import Patience
from towpath.testing import serve_in_thread


async def _nobody() -> AuthStatus | None:
    return None


class Desk:
    """An account with no pool behind it. ``tell`` writes an exchange into it that is over."""

    def __init__(self, folder: Path, *, shows_content: bool = False, windows: Sequence[Window] = ()) -> None:
        pool = Pool(
            lambda _: _never(),
            AdditionStore(folder),
            Limits(idle_seconds=1, parked_seconds=1, memory_bytes=1, spares=0),
            lambda: 0.0,
            Patience(),
        )
        health = Health(pool, Admission(running=1, waiting=1), Mode.PASSTHROUGH, is_shared=False, ask=_nobody)
        self.limits = KnownLimits(time.time, no_extra_usage=False)
        self.limits.hear(Verdict("claude-sonnet-4-5", time.time(), "allowed", windows=tuple(windows)))
        self.shows_content = shows_content
        self.activity = Activity(pool, health, shows_content=shows_content, limits=self.limits.report)
        self._numbers = iter(range(1, 10_000))

    def record(self, *digests: bytes, model: str = "claude-sonnet-4-5", said: str = "") -> ExchangeRecord:
        """One that has not begun; ``digests`` are those of its messages."""
        launch = Launch(model=model, system="", body={}, cwd="/")
        newest = Message(role="user", content=[{"type": "text", "text": said}])
        words = Words(newest) if self.shows_content else None
        chain = tips(launch.key, digests or [b"one"])
        return ExchangeRecord(f"req_{next(self._numbers)}", launch, chain, 0.001, words)

    def tell(
        self,
        record: ExchangeRecord,
        *,
        way: str = "start",
        session: int = 1,
        reason: str = "the conversation begins",
        first_event_ms: float = 400,
        usage: Any = None,
        answer: str = "",
        error: ApiError | None = None,
    ) -> None:
        """Let it happen."""
        self.activity.begins(record)
        record.phases.update(queue=0.1, start=first_event_ms / 10, model=first_event_ms * 0.9)
        record.way, record.reason, record.session = way, reason, session
        self.activity.goes_on(record)
        record.saw({"type": "message_start", "message": {"usage": usage}})
        record.saw({"type": "content_block_delta", "delta": {"type": "text_delta", "text": answer}})
        if error:
            record.failed(error)
        else:
            record.stop_reason, record.outcome = "end_turn", COMPLETE
        self.activity.observe(record)

    @contextmanager
    def served(self, *, keys: Sequence[str] = (), port: int = 0) -> Iterator[str]:
        """The address at which the page shows it."""
        stream = ActivityStream(self.activity, ping_seconds=15, client_seconds=60)
        routes = looking_routes(self.activity, stream, needs_key=bool(keys))
        guard = Middleware(Guard, Rules("127.0.0.1", keys=keys), self.activity.kept_out)
        middleware = [Middleware(AlwaysHeaders), guard]
        with serve_in_thread(Starlette(routes=routes, middleware=middleware), port=port) as url:
            yield url


def _never() -> Any:
    raise AssertionError("nothing is started here")
