"""What the CLI of a session adds to its conversation: remembered for the processes that come later."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

import structlog

from towpath.core.canonical import Tip
from towpath.core.launch import Launch
from towpath.sessions.process import KnownAdditions, Process

log = structlog.get_logger(__name__)

# Measured: the CLI writes its session file 10 to 20 ms after the reply, and does not say when it has.
_WRITES_WITHIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.01


class Learning:
    """One for each process. ``served`` has the tips of the conversations that it was asked to reply to.

    ``is_done``: all that it added is known.
    """

    def __init__(
        self, launch: Launch, process: Process, store: KnownAdditions, clock: Callable[[], float]
    ) -> None:
        self._launch = launch
        self._process = process
        self._store = store
        self._clock = clock
        self.served: list[Tip] = []
        self.is_done = asyncio.Event()
        self.is_done.set()

    def expect(self) -> None:
        """The process has replied: from now on there may be additions that are not known yet."""
        self.is_done.clear()

    async def go_on(self, is_in_a_hurry: Callable[[], bool]) -> None:
        """Look until the CLI has written all of it down, as long as nobody is in a hurry.

        The next exchange does not wait: the look after it finds what this one did not. If the session is
        ended meanwhile, ``before_the_end`` looks on.
        """
        await self._look(_WRITES_WITHIN_SECONDS, is_in_a_hurry)

    async def before_the_end(self) -> None:
        """The same for a process that is about to be stopped: what it has not written by then is lost."""
        if not self.is_done.is_set() and not self._process.has_ended:
            await self._look(_WRITES_WITHIN_SECONDS, lambda: False)

    async def at_the_end(self) -> None:
        """The last look, when the process has stopped."""
        await self._look(0, lambda: False)

    async def _look(self, at_most_seconds: float, is_in_a_hurry: Callable[[], bool]) -> None:
        deadline = self._clock() + at_most_seconds
        try:
            while True:
                await asyncio.to_thread(self._remember_new)
                has_all = self._process.replies_written >= len(self.served)
                if has_all or self._clock() >= deadline or is_in_a_hurry():
                    break
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except (
            OSError,
            RuntimeError,  # no thread can be started
            ValueError,
            IndexError,
        ) as error:  # no reason to lose the process: the cache suffers, no answer
            log.warning("additions are lost", error=str(error))
        self.is_done.set()

    def _remember_new(self) -> None:
        for number, entries in self._process.new_additions().items():
            self._store.remember(self._launch, self.served[number], entries)


async def all_done(learnings: Iterable[Learning]) -> None:
    """Wait until all of these know what their processes added, or take too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_WRITES_WITHIN_SECONDS):
            for one in learnings:
                await one.is_done.wait()
