"""Which sessions end: a pure decision over what the pool shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from towpath.core.ways import State


@dataclass(frozen=True)
class Limits:
    """How long a session that does nothing is kept, in seconds, and how many there may be."""

    idle_seconds: float
    parked_seconds: float
    sessions: int


class Lasting(Protocol):
    """What the plan needs to know of a session."""

    @property
    def state(self) -> State: ...
    @property
    def since(self) -> float: ...


S = TypeVar("S", bound=Lasting)


def sessions_to_end(sessions: Iterable[S], limits: Limits, now: float) -> list[S]:
    """Those that idled or were parked too long; then, while there are too many, those that have rested
    longest. A running one never ends here."""
    live = [session for session in sessions if session.state is not State.CLOSED]
    kept_seconds = {State.IDLE: limits.idle_seconds, State.PARKED: limits.parked_seconds}
    resting = sorted((s for s in live if s.state in kept_seconds), key=lambda session: session.since)
    expired = [s for s in resting if now - s.since >= kept_seconds[s.state]]
    surplus = len(live) - len(expired) - limits.sessions
    return expired + _first(surplus, [s for s in resting if s not in expired])


def _first(count: int, sessions: Sequence[S]) -> list[S]:
    return list(sessions[: max(0, count)])
