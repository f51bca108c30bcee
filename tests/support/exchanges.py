"""Exchanges without processes: somebody else answers for the dispatcher."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Message

from tests.support.fidelity import Json, request
from towpath.core.accesses import DEFAULT
from towpath.core.events import MESSAGE_STOP, Event
from towpath.core.models import THE_API, Offer
from towpath.core.reading.memo import MessageMemo
from towpath.server.exchange.conversations import Conversations
from towpath.server.exchange.events import Publish
from towpath.server.exchange.exchanges import Exchanges
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.server.exchange.publisher import Publisher
from towpath.server.exchange.reader import RequestReader
from towpath.server.http.parse_queue import ParseQueue
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher, Reply
from towpath.settings import Settings


async def stays() -> Message:
    """A client that has sent its body, and does not leave."""
    await asyncio.Event().wait()
    raise AssertionError


async def leaves() -> Message:
    """One that has left."""
    return {"type": "http.disconnect"}


class Nobody(Dispatcher):
    """To whom no request comes."""

    def __init__(self) -> None: ...

    def is_awaited(self, *_: Any) -> bool:
        return False

    async def reply(self, *_: Any) -> Reply:
        raise AssertionError("nobody answers here")


class Upstream(Nobody):
    """Answers each request with these figures, at the beginning and at the end, as resumed ones."""

    def __init__(self, first: Any, last: Any, reason: str = "") -> None:
        self._first = first
        self._last = last
        self._reason = reason

    async def reply(self, *_: Any) -> Reply:
        start = {"type": "message_start", "message": {"content": [], "usage": self._first}}
        return Reply("resume", self._reason, 1, time.monotonic(), start, self._rest())

    async def _rest(self) -> AsyncGenerator[Event]:
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": self._last}
        yield MESSAGE_STOP


async def items_of(exchanges: Exchanges, messages: list[Json]) -> list[Json]:
    """The headers of an exchange, and all its events."""
    _, items = await exchanges.begin(orjson.dumps(request(messages)), Headers({}), "", "req_1", stays)
    return [dict(item) async for item in items]


async def _the_api() -> Offer:
    return THE_API


def exchanges_of(dispatcher: Dispatcher, publish: Publish | None = None) -> Exchanges:
    """Those that ``dispatcher`` serves, as far as a test lets them come."""
    publish = publish or Publisher().publish
    return Exchanges(
        RequestReader(Settings(), MessageMemo(), ParseQueue(), Path("empty"), {DEFAULT: _the_api}),
        dispatcher,
        Admission(running=1, waiting=0),
        {DEFAULT: KnownLimits(time.time, publish, no_extra_usage=False)},
        publish,
        Conversations(),
        time.time,
    )
