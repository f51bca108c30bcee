"""One exchange on its way through a session: the owner task writes events, the server reads them."""

import asyncio
import math
from array import array
from collections.abc import AsyncIterator, Sequence

from structlog.contextvars import get_contextvars

from towpath.core.canonical import Tip, digest_of, link
from towpath.core.events import Event
from towpath.core.prompt_cache.causes import numbered
from towpath.core.reading.request import Message

# More than this, and a client that reads slowly holds the model back: it must not fill the proxy's memory.
_CHANNEL_EVENTS = 256


class Exchange:
    """The conversation of a request, the name of the way it is served, and the channel for its events.

    ``tips`` are the digests of all prefixes of ``messages`` (``canonical.tips``), ``numbers`` has a number
    for each message (``causes.numbered``). ``taken_at`` is when a process that was ready took it, by the
    clock of the sessions (seconds; infinite until then). ``log_fields`` are what the log says of its
    request: the session's task has a context of its own.
    """

    def __init__(
        self, messages: Sequence[Message], tips: Sequence[Tip], numbers: Sequence[int], way: str
    ) -> None:
        self.messages = messages
        self.tips = tips
        self.numbers = numbers
        self.way = way
        self.taken_at = math.inf
        self.log_fields = get_contextvars()
        self._is_finished = False
        self._room = asyncio.Semaphore(_CHANNEL_EVENTS)
        self._channel: asyncio.Queue[Event | Exception | None] = asyncio.Queue()

    def followed_by(self, reply: Message) -> tuple[Tip, Sequence[int]]:
        """The tip and the numbers of the conversation with its reply."""
        digest = digest_of(reply)
        return link(self.tips[-1], digest), array("q", [*self.numbers, *numbered([digest])])

    async def put(self, event: Event) -> None:
        """The next event; waits for a slow reader."""
        await self._room.acquire()
        self._channel.put_nowait(event)

    def finish(self, last: Event) -> None:
        """The reply ends with this event. It always fits in: the session must not wait for a slow reader."""
        self._is_finished = True
        self._channel.put_nowait(last)
        self._channel.put_nowait(None)

    def abandon(self, error: Exception) -> None:
        """No more events come, and why; does nothing to a finished exchange."""
        if not self._is_finished:
            self._is_finished = True
            self._channel.put_nowait(error)

    async def events(self) -> AsyncIterator[Event]:
        """The events of the reply; raises what ended it, if that was not its ``message_stop``."""
        while (item := await self._channel.get()) is not None:
            if isinstance(item, Exception):
                raise item
            self._room.release()
            yield item
