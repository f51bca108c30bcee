"""When a plan's window is used up, if it goes on as in the last hours. Pure."""

from collections.abc import Sequence

from towpath.ledger.row import Reading

LOOK_BACK_SECONDS = 3 * 3600
# A slope over less is one long answer, not a pace.
_LEAST_SECONDS = 10 * 60


def used_up_at(readings: Sequence[Reading], now: float) -> float | None:
    """The Unix time at which the window of these readings is full, the oldest reading first.

    None if it is reset before that, if nothing was used lately, or if too little is known.
    """
    of_this_window = [
        one
        for one in readings
        if one.resets_at == readings[-1].resets_at and one.at >= now - LOOK_BACK_SECONDS
    ]
    if not of_this_window:
        return None
    first, last = of_this_window[0], of_this_window[-1]
    seconds, used = now - first.at, last.used - first.used
    if seconds < _LEAST_SECONDS or used <= 0:
        return None
    at = now + (1 - last.used) / used * seconds
    return None if last.resets_at is not None and at >= last.resets_at else at
