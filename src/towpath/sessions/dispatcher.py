"""Serves a request on the way that ``core.ways`` chose, and on Start if that fails before the first event."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import structlog

from towpath.core.canonical import Tip
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.events import Event
from towpath.core.launch import Launch
from towpath.core.reading.request import Message
from towpath.core.ways import NO_SESSION, Answer, Resume, Start, choose_way
from towpath.sessions.exchange import Exchange
from towpath.sessions.pool import Pool
from towpath.sessions.session import Session

log = structlog.get_logger(__name__)

Way = Resume[Session] | Answer[Session] | Start


@dataclass(frozen=True)
class Reply:
    """A reply whose ``first`` event has arrived, so that its HTTP status is known.

    ``rest`` are the others. Closing that early ends the session: the model must not go on for a client that
    has gone. ``taken_at``: ``Exchange.taken_at``.
    """

    way: str
    reason: str
    session: int
    taken_at: float
    first: Event
    rest: AsyncGenerator[Event]


class Dispatcher:
    """The way into the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def is_awaited(self, messages: Sequence[Message], tips: Sequence[Tip]) -> bool:
        """Whether a session is parked at calls that this request answers."""
        return isinstance(self._way(messages, tips), Answer)

    async def reply(
        self, launch: Launch, messages: Sequence[Message], tips: Sequence[Tip], numbers: Sequence[int]
    ) -> Reply:
        """The reply to the newest message. Raises ApiError if there is none.

        ``tips`` are those of the launch's key and the messages (``canonical.tips``), ``numbers`` those of the
        messages alone (``causes.numbered``).
        """
        self._pool.note(launch, begins=len(messages) == 1)
        way = self._way(messages, tips)
        if way == Start(NO_SESSION) and (why := self._pool.why_none(launch, tips, numbers)):
            way = Start(f"{NO_SESSION}: {why}")
        try:
            return await self._open(launch, way, Exchange(messages, tips, numbers, way.name))
        except ProcessDied as error:
            log.warning("process died before its first event", way=way.name, error=str(error))
            again = Start(f"{way.name} failed: {error}")
        try:
            return await self._open(launch, again, Exchange(messages, tips, numbers, again.name))
        except ProcessDied as error:
            log.warning("process died before its first event", way=again.name, error=str(error))
            raise ApiError(500, f"{error}; it was tried twice") from error

    def _way(self, messages: Sequence[Message], tips: Sequence[Tip]) -> Way:
        return choose_way(messages, self._pool.holders(tips[-2]))

    async def _open(self, launch: Launch, way: Way, exchange: Exchange) -> Reply:
        if isinstance(way, Start):
            session = self._pool.start(launch, exchange)
        else:
            session = way.session
            self._pool.take(session, exchange)
        events = _until_left(session, exchange)
        first = await anext(events)
        return Reply(way.name, way.reason, session.number, exchange.taken_at, first, events)


async def _until_left(session: Session, exchange: Exchange) -> AsyncGenerator[Event]:
    """The exchange's events; a reader that leaves before the end ends the session.

    If the process dies before the first event, that is raised as it is, so that another one can take over;
    later it is an ApiError.
    """
    begun = complete = False
    try:
        async for event in exchange.events():
            # Clients close the connection as soon as they have seen this; the session is good then.
            begun, complete = True, event["type"] == "message_stop"
            yield event
    except ProcessDied as error:
        if begun:
            log.warning("process died in its answer", way=exchange.way, error=str(error))
            raise ApiError(500, f"the answer broke off: {error}") from error
        raise
    except (GeneratorExit, asyncio.CancelledError):
        if not complete:
            session.end("its client left")
        raise
