"""What is known of one exchange: figures and names, never what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from towpath.core.accesses import DEFAULT
from towpath.core.canonical import Tip
from towpath.core.errors import ApiError
from towpath.core.mode import Mode
from towpath.core.prompt_cache.causes import CacheNote, CacheUse, cache_use
from towpath.core.usage import merged, tokens
from towpath.sessions.dispatcher import Reply


class State(StrEnum):
    """How far an exchange has come, in the words of the log, the metrics and the page."""

    WAITING = "waiting"  # in the queue
    ASKING = "asking"  # out of the queue, without a first event yet
    ANSWERING = "answering"
    COMPLETE = "complete"
    FAILED = "failed"
    CLIENT_LEFT = "client left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRecord:
    """One exchange as it is at a moment; each step of it makes a new record.

    ``tips`` are those of the conversation and its prefixes; ``conversation`` is a number that tells
    conversations apart. ``began_at`` is Unix time in seconds; ``began`` and the four moments after it are by
    the monotonic clock. ``ready_at`` is when a process that was ready took the exchange. ``read_seconds``:
    the CPU time of reading the request, before all that. ``answer_id``, ``answered_by`` (the model) and
    ``usage`` are what the upstream wrote into its answer. ``cache_miss``: what changed, if the prompt cache
    did not serve the request as it could have. ``labels`` are what the client calls its session and agent.
    """

    request_id: str
    user_agent: str
    model: str
    mode: Mode
    tips: Sequence[Tip]
    conversation: int
    read_seconds: float
    began_at: float
    began: float
    access: str = DEFAULT
    labels: Mapping[str, str] = field(default_factory=dict)
    left_queue_at: float | None = None
    ready_at: float | None = None
    first_event_at: float | None = None
    ended_at: float | None = None
    state: State = State.WAITING
    way: str | None = None
    reason: str | None = None
    session: int | None = None
    answer_id: str | None = None
    answered_by: str | None = None
    stop_reason: str | None = None
    usage: Any = None
    cache_miss: CacheNote | None = None
    error: ApiError | None = None

    def left_queue(self, now: float) -> Self:
        """It has its place."""
        return replace(self, state=State.ASKING, left_queue_at=now)

    def first_event(self, reply: Reply, now: float, conversation: int) -> Self:
        """Its answer begins, and so it is known for sure which conversation it belongs to."""
        return replace(
            self,
            conversation=conversation,
            state=State.ANSWERING,
            way=reply.way,
            reason=reply.reason,
            session=reply.session,
            ready_at=reply.taken_at,
            first_event_at=now,
        ).event(reply.first)

    def event(self, event: Mapping[str, Any]) -> Self:
        """One more event of the answer. Most say nothing that is kept."""
        match event["type"]:
            case "message_start":
                message = event["message"]
                return replace(
                    self,
                    answer_id=_text(message.get("id")),
                    answered_by=_text(message.get("model")),
                    usage=message.get("usage"),
                )
            case "message_delta":
                return replace(
                    self,
                    stop_reason=_text(event["delta"].get("stop_reason")),
                    usage=merged(self.usage, event.get("usage")),
                )
            case "message_stop":
                return replace(self, state=State.COMPLETE)
        return self

    def failed(self, error: ApiError) -> Self:
        """It ended with an error of the API or of the proxy."""
        return replace(self, state=State.FAILED, error=error)

    def ended(self, now: float) -> Self:
        """It is over. Without a last event and without an error, its client has left."""
        is_known = self.state in (State.COMPLETE, State.FAILED)
        return replace(self, state=self.state if is_known else State.CLIENT_LEFT, ended_at=now)

    @property
    def messages(self) -> int:
        """How many the conversation has."""
        return len(self.tips) - 1

    @property
    def tokens(self) -> Mapping[str, int]:
        """How many of each kind, by the API's names, as far as its usage says so."""
        return tokens(self.usage)

    @property
    def cache(self) -> CacheUse:
        """What it read from the prompt cache and wrote into it, as far as its usage says."""
        return cache_use(self.usage)

    @property
    def has_figures(self) -> bool:
        """Whether its usage says by now how long the prompt was."""
        return self.cache.prompt > 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.ended_at is not None

    @property
    def seconds(self) -> float:
        """How long it took; 0 until it is over."""
        return _between(self.began, self.ended_at) or 0

    @property
    def queue_seconds(self) -> float | None:
        """How long it waited for its place."""
        return _between(self.began, self.left_queue_at)

    @property
    def first_event_seconds(self) -> float | None:
        """How long it took to the first event of its answer."""
        return _between(self.began, self.first_event_at)

    @property
    def phases_ms(self) -> dict[str, float]:
        """Where the time went until the first event, as far as it came.

        ``read``: the CPU time of reading the request; ``queue``: the time in the queue; ``start``: from there
        until a process was ready for it; ``model``: from there to the first event.
        """
        lasted = {
            "read": self.read_seconds,
            "queue": self.queue_seconds,
            "start": _between(self.left_queue_at, self.ready_at),
            "model": _between(self.ready_at, self.first_event_at),
        }
        return {name: round(seconds * 1000, 1) for name, seconds in lasted.items() if seconds is not None}


def _text(value: Any) -> str | None:
    """A field of an answer that should be a text; gateways write anything."""
    return value if isinstance(value, str) else None


def _between(since: float | None, until: float | None) -> float | None:
    return None if since is None or until is None else until - since
