"""How much memory processes take, as shares whose sum is what the machine has given to all of them.

Which of them end when that is too much: ``memory_budget``.
"""

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

import psutil

from towpath.core.life import State

# A resting process gives memory back for half a minute (docs/engine.md, M1); then its size stays the same.
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
    """Those to measure now: that takes the kernel 3 to 5 ms a process, 1 % of a core for ten of them."""
    return [
        session
        for session in sessions
        if session.state is State.RUNNING
        or session.measured_at < session.since + _SETTLES_SECONDS
        or now - session.measured_at >= _LOOK_AGAIN_SECONDS
    ]


def memory_bytes(pids: Iterable[int]) -> dict[int, int]:
    """The proportional set size (PSS) of each process that lives, so that the CLI's binary counts once for
    all of them; where a system does not tell it, the memory that is the process's alone (USS)."""
    measured = {}
    for pid in pids:
        try:
            memory = psutil.Process(pid).memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it has just ended
        measured[pid] = getattr(memory, "pss", memory.uss)
    return measured
