"""What is known of one exchange: figures and names, and content only where that is asked for.

The log, the metrics and the traces are made of it, and what the page shows; the first three use no content.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from towpath.core.canonical import Tip
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.prompt_cache.causes import CacheUse, Cause, cache_use
from towpath.core.usage import merged, tokens
from towpath.server.exchange.preview import Words
from towpath.sessions.dispatcher import Reply

log = structlog.get_logger("towpath.exchange")

COMPLETE, FAILED, CLIENT_LEFT = "complete", "failed", "client left"


class ExchangeRecord:
    """One exchange from the moment when its request had been read.

    ``phases`` are in ms: ``read``, the CPU time of reading the request; ``queue``, the time in the queue;
    ``start``, the time until a process was ready for it; ``model``, from there to the first event.
    ``outcome`` is one of the three words above. ``tips``: those of the conversation and its prefixes.
    ``words``: what was said, if that is to be kept. ``cache_note`` says what changed if the prompt cache did
    not serve the request as it could have (core/prompt_cache/causes.py); ``cache_cause`` is its kind.
    ``usage`` is what the upstream said of it, whatever that is.
    """

    def __init__(
        self,
        request_id: str,
        launch: Launch,
        tips: Sequence[Tip],
        cpu_seconds: float,
        words: Words | None = None,
    ) -> None:
        self.request_id = request_id
        self.model = launch.model
        self.mode = launch.mode
        self.tips = tips
        self.messages = len(tips) - 1
        self.way: str | None = None
        self.reason: str | None = None
        self.session: int | None = None
        self.outcome = CLIENT_LEFT
        self.error: ApiError | None = None
        self.stop_reason: str | None = None
        self.usage: Any = None
        self.cache_note: str | None = None
        self.cache_cause: Cause | None = None
        self.words = words
        self.phases = {"read": round(cpu_seconds * 1000, 1)}
        self.began_at = time.time()
        self._began = self._left_off = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    @property
    def tokens(self) -> Mapping[str, int]:
        """How many of each kind, by the API's names, as far as its usage says so."""
        return tokens(self.usage)

    @property
    def cache(self) -> CacheUse:
        """What it read from the prompt cache and wrote into it, as far as its usage says."""
        return cache_use(self.usage)

    def started(self) -> None:
        """It has left the queue."""
        self._phase("queue", time.monotonic())

    def opened(self, reply: Reply) -> None:
        """Its first event has arrived."""
        self._phase("start", reply.taken_at)
        self._phase("model", time.monotonic())
        self.way, self.reason, self.session = reply.way, reply.reason, reply.session

    def saw(self, event: Mapping[str, Any]) -> None:
        """One more event: the usage and the end of the message are worth a note."""
        if self.words:
            self.words.saw(event)
        if event["type"] == "message_start":
            self.usage = event["message"].get("usage")
        elif event["type"] == "message_delta":
            reason = event["delta"].get("stop_reason")
            self.stop_reason = reason if isinstance(reason, str) else None
            self.usage = merged(self.usage, event.get("usage"))
        elif event["type"] == "message_stop":
            self.outcome = COMPLETE

    def failed(self, error: ApiError) -> None:
        """It ended with an error of the API or of the proxy."""
        self.outcome, self.error = FAILED, error

    def _phase(self, name: str, until: float) -> None:
        self.phases[name] = round((until - self._left_off) * 1000, 1)
        self._left_off = until


Observer = Callable[[ExchangeRecord], None]
"""Told of each exchange when it is over."""


def tell(observers: Iterable[Observer], record: ExchangeRecord) -> None:
    """Tell each of them: one that fails harms neither the exchange nor the others."""
    for observe in observers:
        try:
            observe(record)
        except Exception:
            name = getattr(observe, "__qualname__", repr(observe))
            log.exception("an observer failed", observer=name, request_id=record.request_id)
