"""When a process says nothing for too long, and what its client is told then.

Counted is what comes of the model and of tools, also what no client sees (a subagent's words). The API's
pings are not among it: the CLI keeps them to itself.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from towpath.core.errors import ApiError

# How often it is looked, as a share of the limit: a stall is noticed a tenth too late at most. Each event
# need not say when it came, then.
_LOOK_SHARE = 0.05


@dataclass(frozen=True)
class Patience:
    """How long a process that serves a request may say nothing, in seconds.

    ``first_event_seconds``: from when it has the request; its start has a limit of its own, and the time
    in the queue counts nowhere. ``stall_seconds``: between what follows.
    """

    first_event_seconds: float = 300.0
    stall_seconds: float = 300.0


class Serving(Protocol):
    """A process that serves a request. ``heard`` grows with each sign of life."""

    @property
    def heard(self) -> int: ...
    @property
    def is_working(self) -> bool: ...


class Watch:
    """What happens in one exchange: ``has_begun`` after its first event, ``is_held_back`` while its
    client does not take what is there."""

    def __init__(self, process: Serving, patience: Patience, clock: Callable[[], float]) -> None:
        self.has_begun = False
        self.is_held_back = False
        self._process = process
        self._patience = patience
        self._clock = clock

    async def stall(self) -> ApiError:
        """Until the process has been silent for too long; what to tell the client."""
        heard, lives = self._process.heard, self._clock()
        while True:
            limit = self._patience.stall_seconds if self.has_begun else self._patience.first_event_seconds
            if self._process.heard != heard or self._process.is_working or self.is_held_back:
                heard, lives = self._process.heard, self._clock()
            if self._clock() - lives >= limit:
                return _error(limit, has_begun=self.has_begun)
            await asyncio.sleep(limit * _LOOK_SHARE)


def _error(seconds: float, *, has_begun: bool) -> ApiError:
    if has_begun:
        return ApiError(504, f"the answer broke off: nothing came for {seconds:g} s")
    return ApiError(504, f"no answer began within {seconds:g} s")
