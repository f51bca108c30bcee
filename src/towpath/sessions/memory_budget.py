"""Which processes end first when memory is short, and how much room a new one takes.

When that is asked is decided in ``plan``; what processes take is measured by ``process_sizes``.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Protocol, TypeVar

from towpath.core.life import State

MIB = 1024 * 1024
# Measured: 125 MB of its own soon after its start, 215 and more for a while.
NEW_PROCESS_BYTES = 130 * MIB
GROWN_PROCESS_BYTES = 215 * MIB


class SizedSession(Protocol):
    """``since`` is when it came into its state (seconds)."""

    @property
    def state(self) -> State: ...
    @property
    def since(self) -> float: ...
    @property
    def memory_bytes(self) -> int: ...


S = TypeVar("S", bound=SizedSession)

# The session that is missed least goes first: without an idle one the next turn takes half a second more, and
# so does a new conversation without its spare; but the user waits for the turn that parked calls belong to.
# Before all of these go parked calls that are not likely to be answered: 45 replies in the form of a forced
# call left 31 such processes and no idle one, and a new conversation took 8 times as long.
_WORTH = {State.IDLE: 0, State.SPARE: 1, State.PARKED: 2}


def least_missed_first(kept: Iterable[S], left: Set[S]) -> list[S]:
    """The sessions that rest; ``left`` are parked, and no answer is likely."""
    resting = [session for session in kept if session.state in _WORTH]
    return sorted(resting, key=lambda s: (s not in left, _WORTH[s.state], s.since))


def until_freed(missing_bytes: int, in_order: Sequence[S]) -> list[S]:
    """The first of these, until this much becomes free, or all of them."""
    ended: list[S] = []
    for session in in_order:
        if missing_bytes <= 0:
            break
        ended.append(session)
        missing_bytes -= session.memory_bytes
    return ended


def size_bytes(sessions: Iterable[SizedSession]) -> int:
    """What they occupy together."""
    return sum(session.memory_bytes for session in sessions)
