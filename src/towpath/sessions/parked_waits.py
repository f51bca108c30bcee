"""How long parked calls are waited for: a pure decision."""

from dataclasses import dataclass
from typing import Protocol

from towpath.core.gone_on import GoneOn
from towpath.core.launch import Launch

# While an agent is at work, its calls are answered sooner.
LEFT_SECONDS = 60.0
# The tools of an agent differ: one may take twice as long as the slowest of the recent ones.
_PACE_FACTOR = 2


class ParkedSession(Protocol):
    """What the decision needs to know of a parked session."""

    @property
    def launch(self) -> Launch: ...
    @property
    def gone_on(self) -> GoneOn: ...


@dataclass(frozen=True)
class Wait:
    """For how many seconds an answer is likely, and the longest time to wait for one.

    After the first, the session is among those that end where memory is short; after the second it ends.
    """

    likely: float
    longest: float


def wait(session: ParkedSession, pace: float | None, *, idle_seconds: float, parked_seconds: float) -> Wait:
    """For how long a parked session waits.

    ``pace``: the longest of the last waits of its launch that ended in an answer, if any did
    (``Demand.paces``). The other two are the timeouts of the settings.

    ==============================================  ============================  ==================
    the session                                     an answer is likely           the longest wait
    ==============================================  ============================  ==================
    its conversation has surely gone on elsewhere   no longer                     over
    perhaps it has                                  no longer                     a minute
    the launch forces a call, as for structured     no longer                     a minute
    output, and no call of it was ever answered
    the launch has a pace                           twice that, a minute or more  the idle timeout
    nothing is known                                for the idle timeout          the parked timeout
    ==============================================  ============================  ==================

    It is never longer than the parked timeout. If it was too short, the next request takes a start.
    """
    if session.gone_on is GoneOn.SURELY:
        return Wait(0, 0)
    if session.gone_on is GoneOn.PERHAPS or (session.launch.forces_call and pace is None):
        return Wait(0, min(LEFT_SECONDS, parked_seconds))
    if pace is None:
        return Wait(idle_seconds, parked_seconds)
    likely = max(LEFT_SECONDS, _PACE_FACTOR * pace)
    return Wait(likely, min(max(likely, idle_seconds), parked_seconds))
