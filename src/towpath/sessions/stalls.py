"""When a process says nothing for too long, and what its client is told then.

A sign of life is anything from the model or from a tool, even if no client sees it (a subagent's words). The
API's pings are not among them: the CLI does not forward them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from towpath.core.errors import ApiError

# How often to look, as a share of the limit: so events need no time stamps, and a stall is noticed at most a
# tenth too late.
_LOOK_SHARE = 0.05


@dataclass(frozen=True)
class StallTimeouts:
    """How long a process that serves a request may say nothing, in seconds.

    ``first_event_seconds`` counts from when it has the request: neither the time in the queue nor its start,
    which has a limit of its own. ``stall_seconds`` is for all that follows.
    """

    first_event_seconds: float = 300.0
    stall_seconds: float = 300.0


class Serving(Protocol):
    """A process that serves a request."""

    @property
    def heard(self) -> int:
        """How many signs of life there have been."""
        ...

    @property
    def is_working(self) -> bool:
        """Whether silence is no stall at the moment: a tool runs."""
        ...


class StallDetector:
    """Watches one exchange, whose owner sets ``has_begun`` after the first event and ``is_held_back`` while
    the client does not read what is there."""

    def __init__(self, process: Serving, timeouts: StallTimeouts, clock: Callable[[], float]) -> None:
        self.has_begun = False
        self.is_held_back = False
        self._process = process
        self._timeouts = timeouts
        self._clock = clock

    async def stall(self) -> ApiError:
        """Wait until the process has been silent for too long; returns what to tell the client."""
        heard, lives = self._process.heard, self._clock()
        while True:
            limit = self._timeouts.stall_seconds if self.has_begun else self._timeouts.first_event_seconds
            if self._process.heard != heard or self._process.is_working or self.is_held_back:
                heard, lives = self._process.heard, self._clock()
            if self._clock() - lives >= limit:
                return _error(limit, has_begun=self.has_begun)
            await asyncio.sleep(limit * _LOOK_SHARE)


def _error(seconds: float, *, has_begun: bool) -> ApiError:
    if has_begun:
        return ApiError(504, f"the answer broke off: nothing came for {seconds:g} s")
    return ApiError(504, f"no answer began within {seconds:g} s")
