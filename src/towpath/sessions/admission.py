"""How many exchanges run at once; the others wait in the order in which they came."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from towpath.core.errors import ApiError

_RETRY_AFTER_SECONDS = 5


class Admission:
    """A gate for ``running`` exchanges with room for ``waiting`` ones before it."""

    def __init__(self, *, running: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(running)  # wakes its waiters first come, first served
        self._room = waiting
        self._running = running
        self.waiting = 0

    @contextlib.asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a place; a caller that is cancelled meanwhile leaves the queue.

        Raises a 529 with Retry-After if the queue is full.
        """
        if self._free.locked() and self.waiting >= self._room:
            raise ApiError(
                529,
                f"{self._running} requests are running and {self.waiting} are waiting; try again later "
                "or raise CLAUDE_PROXY_MAX_CONCURRENT",
                headers={"retry-after": str(_RETRY_AFTER_SECONDS)},
            )
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()
