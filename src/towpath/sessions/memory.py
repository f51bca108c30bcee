"""What processes occupy: their share of memory, so that the sum over all is what the machine gives."""

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

import psutil

from towpath.core.life import State

# A process that rests gives memory back for half a minute (docs/engine.md, M1); then it stays as it is.
_SETTLES_SECONDS = 40.0
_LOOK_AGAIN_SECONDS = 120.0
NEVER = -math.inf


class MeasuredSession(Protocol):
    """``since`` and ``measured_at`` are by one clock (seconds); ``measured_at`` is ``NEVER`` at first."""

    @property
    def state(self) -> State: ...
    @property
    def since(self) -> float: ...
    @property
    def measured_at(self) -> float: ...


S = TypeVar("S", bound=MeasuredSession)


def due(sessions: Iterable[S], now: float) -> list[S]:
    """Those to measure now: a look takes the kernel 3 to 5 ms a process, 1 % of a core for ten of them."""
    return [
        session
        for session in sessions
        if session.state is State.RUNNING
        or session.measured_at < session.since + _SETTLES_SECONDS
        or now - session.measured_at >= _LOOK_AGAIN_SECONDS
    ]


def memory_bytes(pids: Iterable[int]) -> dict[int, int]:
    """The proportional set size (PSS) of each process that lives; where a system has none, what is its own
    alone (USS). The CLI's binary counts once for all of them that way."""
    measured = {}
    for pid in pids:
        try:
            memory = psutil.Process(pid).memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it has just ended
        measured[pid] = getattr(memory, "pss", memory.uss)
    return measured
