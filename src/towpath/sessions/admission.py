"""How many exchanges run at once; the others wait in the order in which they came."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from towpath.core.errors import ApiError
from towpath.core.figures import counted

_RETRY_AFTER_SECONDS = 5


class Admission:
    """A gate for ``running`` exchanges with room for ``waiting`` ones before it.

    Two queues, first come, first served in each. Answers to parked calls go before the rest: each lets a
    process go on that is there already and occupies memory meanwhile.
    """

    def __init__(self, *, running: int, waiting: int) -> None:
        self._places = running
        self._free = running
        self._room = waiting
        self._answers: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    def __repr__(self) -> str:
        return (
            f"<Admission: {self.running} of {self._places} running, {self.waiting} of {self._room} waiting>"
        )

    @property
    def running(self) -> int:
        """How many run."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._answers) + len(self._others)

    @contextlib.asynccontextmanager
    async def enter(self, *, answers: bool = False) -> AsyncIterator[None]:
        """Wait for a place; a caller that is cancelled meanwhile leaves the queue.

        ``answers``: the exchange answers parked calls. Raises a 529 with Retry-After if the queue is full.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(self._answers if answers else self._others)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: "deque[asyncio.Future[None]]") -> None:
        if self.waiting >= self._room:
            raise ApiError(
                529,
                f"{counted(self._places, 'request')} running and {self.waiting} waiting; try again later "
                "or raise CLAUDE_PROXY_MAX_CONCURRENT",
                headers={"retry-after": str(_RETRY_AFTER_SECONDS)},
            )
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._pass_on()  # the place was given in the same moment in which its caller left
            elif place in queue:
                queue.remove(place)
            raise

    def _pass_on(self) -> None:
        """Hand the freed place to the next waiter, so that no newcomer overtakes it."""
        for queue in (self._answers, self._others):
            while queue:
                if not (place := queue.popleft()).done():  # done: its caller has just left
                    place.set_result(None)
                    return
        self._free += 1
