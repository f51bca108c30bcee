"""Which sessions end and which spares are started: a pure decision over what the pool shows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from towpath.core.launch import Launch
from towpath.core.ways import State

MIB = 1024 * 1024
# Measured: 125 MB of its own soon after its start, 215 and more for a while.
NEW_PROCESS_BYTES = 130 * MIB
GROWN_PROCESS_BYTES = 215 * MIB


@dataclass(frozen=True)
class Limits:
    """How long a session that does nothing is kept, in seconds; what all may occupy; how many spares."""

    idle_seconds: float
    parked_seconds: float
    memory_bytes: int
    spares: int


class Lasting(Protocol):
    """What the plan needs to know of a session. ``since`` is when it came into its state (seconds)."""

    @property
    def state(self) -> State: ...
    @property
    def since(self) -> float: ...
    @property
    def launch(self) -> Launch: ...
    @property
    def is_starting(self) -> bool: ...
    @property
    def memory_bytes(self) -> int: ...


S = TypeVar("S", bound=Lasting)

# Whoever works with an agent answers it sooner; a spare is worth more than a conversation left for so long.
_LEFT_SECONDS = 60.0
# Over the budget, what costs least when it is missed goes first: the next turn of an idle conversation
# takes half a second more, and so does a new one without its spare; parked calls belong to a turn that
# its user waits for, unless they are as old as an idle session may be: then that user has given it up.
_FIRST_TO_END = (State.IDLE, State.SPARE, State.PARKED)


@dataclass(frozen=True)
class Plan(Generic[S]):
    """Sessions to end, and the launch to start a spare for."""

    end: Sequence[S]
    prepare: Launch | None


def plan(
    sessions: Iterable[S], wanted: Sequence[Launch], limits: Limits, now: float, *, starting: int = 0
) -> Plan[S]:
    """What to do now, while ``starting`` more sessions are about to be added.

    ``wanted`` are the launches that deserve a spare, once for each (``Demand.wanted``). A running session
    never ends here. A spare is started only while nobody else starts, who would wait for it; for its room
    only idle sessions end that nobody has used for a minute.
    """
    live = [session for session in sessions if session.state is not State.CLOSED]
    ended = _expired(live, limits, now) + _spares_too_many(live, wanted)
    kept = [session for session in live if session not in ended]
    free = limits.memory_bytes - starting * NEW_PROCESS_BYTES - _occupied(kept)
    is_busy = starting or any(session.is_starting for session in live)
    missing = None if is_busy else _missing_spare(kept, wanted)
    if missing:
        left = [s for s in kept if s.state is State.IDLE and now - s.since >= _LEFT_SECONDS]
        giving_way = _until_freed(GROWN_PROCESS_BYTES - free, left, limits, now)
        if free + _occupied(giving_way) >= GROWN_PROCESS_BYTES:
            return Plan(ended + giving_way, missing)
    return Plan(ended + _until_freed(-free, kept, limits, now), None)


def _expired(live: Sequence[S], limits: Limits, now: float) -> list[S]:
    kept_seconds = {State.IDLE: limits.idle_seconds, State.PARKED: limits.parked_seconds}
    return [s for s in live if s.state in kept_seconds and now - s.since >= kept_seconds[s.state]]


def _spares_too_many(live: Sequence[S], wanted: Sequence[Launch]) -> list[S]:
    """The spares that no launch wants, the newest first."""
    places = Counter(launch.key for launch in wanted)
    unwanted = []
    for spare in sorted((s for s in live if s.state is State.SPARE), key=lambda spare: spare.since):
        if places[spare.launch.key]:
            places[spare.launch.key] -= 1
        else:
            unwanted.append(spare)
    return unwanted[::-1]


def _occupied(sessions: Sequence[S]) -> int:
    return sum(session.memory_bytes for session in sessions)


def _until_freed(missing_bytes: int, sessions: Sequence[S], limits: Limits, now: float) -> list[S]:
    """Those to end so that this much becomes free, or all that rest."""

    def worth(session: S) -> tuple[int, float]:
        is_given_up = now - session.since >= limits.idle_seconds
        state = State.IDLE if session.state is State.PARKED and is_given_up else session.state
        return _FIRST_TO_END.index(state), session.since

    resting = [s for s in sessions if s.state in _FIRST_TO_END]
    ended: list[S] = []
    for session in sorted(resting, key=worth):
        if missing_bytes <= 0:
            break
        ended.append(session)
        missing_bytes -= session.memory_bytes
    return ended


def _missing_spare(kept: Sequence[S], wanted: Sequence[Launch]) -> Launch | None:
    there = Counter(spare.launch.key for spare in kept if spare.state is State.SPARE)
    for launch in wanted:
        if not there[launch.key]:
            return launch
        there[launch.key] -= 1
    return None
