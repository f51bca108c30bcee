"""Which sessions end and which spares are started: a pure decision over what the pool shows."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from towpath.core.gone_on import GoneOn
from towpath.core.launch import Launch
from towpath.core.life import State
from towpath.sessions.memory_budget import (
    GROWN_PROCESS_BYTES,
    NEW_PROCESS_BYTES,
    least_missed_first,
    size_bytes,
    until_freed,
)
from towpath.sessions.parked_waits import LEFT_SECONDS, Wait, wait


@dataclass(frozen=True)
class Limits:
    """How long a session that does nothing is kept, in seconds; what all may occupy; how many spares."""

    idle_seconds: float
    parked_seconds: float
    memory_bytes: int
    spares: int


class Ending(StrEnum):
    """Why a session ends, for a person."""

    IDLE = "idle for too long"
    PARKED = "its calls unanswered for too long"
    ANSWERED = "its calls answered in another one"
    UNWANTED = "no longer wanted as a spare"
    MEMORY = "memory short"


class PlannedSession(Hashable, Protocol):
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
    @property
    def gone_on(self) -> GoneOn: ...


S = TypeVar("S", bound=PlannedSession)


@dataclass(frozen=True)
class Plan(Generic[S]):
    """Sessions to end, the first one first and each with the reason; and the launch to start a spare for."""

    end: Mapping[S, Ending]
    prepare: Launch | None


def plan(
    sessions: Iterable[S],
    wanted: Sequence[Launch],
    paces: Mapping[bytes, float],
    limits: Limits,
    now: float,
    *,
    starting: int = 0,
) -> Plan[S]:
    """What to do now, while ``starting`` more sessions are about to be added.

    ``wanted`` are the launches that deserve a spare, once for each (``Demand.wanted``); ``paces`` say how
    soon calls are answered, by launch key (``Demand.paces``). A running session never ends here. A spare is
    started only while nobody else starts, who would wait for it; for its room only those end that nobody is
    likely to miss: idle ones unused for a minute, parked ones without a likely answer.
    """
    live = [session for session in sessions if session.state is not State.CLOSED]
    waits = {s: _wait(s, paces, limits) for s in live if s.state is State.PARKED}
    ended = _expired(live, waits, limits, now)
    ended |= dict.fromkeys(_spares_too_many(live, wanted), Ending.UNWANTED)
    kept = [session for session in live if session not in ended]
    left = {s for s, its in waits.items() if now - s.since >= its.likely}
    resting = least_missed_first(kept, left)
    free = limits.memory_bytes - starting * NEW_PROCESS_BYTES - size_bytes(kept)
    is_busy = starting or any(session.is_starting for session in kept)
    missing = None if is_busy else _missing_spare(kept, wanted)
    if missing:
        unused = [
            s for s in resting if s in left or (s.state is State.IDLE and now - s.since >= LEFT_SECONDS)
        ]
        giving_way = until_freed(GROWN_PROCESS_BYTES - free, unused)
        if free + size_bytes(giving_way) >= GROWN_PROCESS_BYTES:
            return Plan(ended | dict.fromkeys(giving_way, Ending.MEMORY), missing)
    return Plan(ended | dict.fromkeys(until_freed(-free, resting), Ending.MEMORY), None)


def _wait(session: PlannedSession, paces: Mapping[bytes, float], limits: Limits) -> Wait:
    pace = paces.get(session.launch.key)
    return wait(session, pace, idle_seconds=limits.idle_seconds, parked_seconds=limits.parked_seconds)


def _expired(live: Sequence[S], waits: Mapping[S, Wait], limits: Limits, now: float) -> dict[S, Ending]:
    ended: dict[S, Ending] = {}
    for session in live:
        age = now - session.since
        if session.state is State.IDLE and age >= limits.idle_seconds:
            ended[session] = Ending.IDLE
        elif session.state is State.PARKED and age >= waits[session].longest:
            is_answered = session.gone_on is GoneOn.SURELY
            ended[session] = Ending.ANSWERED if is_answered else Ending.PARKED
    return ended


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


def _missing_spare(kept: Sequence[S], wanted: Sequence[Launch]) -> Launch | None:
    there = Counter(spare.launch.key for spare in kept if spare.state is State.SPARE)
    for launch in wanted:
        if not there[launch.key]:
            return launch
        there[launch.key] -= 1
    return None
