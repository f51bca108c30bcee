"""How a body is read: what the event loop can do meanwhile."""

import asyncio

import orjson
import pytest
from starlette.types import Message

from tests.support.exchanges import Nobody, exchanges_of, stays
from towpath.server.api.endpoint import Endpoint
from towpath.server.api.messages import MessagesFormat
from towpath.settings import Settings

KIB = 1024


class Loop:
    """Counts its own rounds while an endpoint reads a body and refuses it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._rounds = 0
        self._rounds_at_body = 0
        self.rounds_between = 0
        self.status = 0

    async def run(self) -> None:
        endpoint = Endpoint(Settings(), exchanges_of(Nobody()), MessagesFormat)
        counting = asyncio.create_task(self._count())
        await endpoint(
            {"type": "http", "state": {"caller": "", "access": "default"}, "method": "POST", "headers": []},
            self._receive,
            self._send,
        )
        counting.cancel()

    async def _count(self) -> None:
        while True:
            self._rounds += 1
            await asyncio.sleep(0)

    async def _receive(self) -> Message:
        if self._rounds_at_body:
            return await stays()
        await asyncio.sleep(0)
        self._rounds_at_body = self._rounds
        return {"type": "http.request", "body": self._body}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.rounds_between = self._rounds - self._rounds_at_body


@pytest.mark.parametrize(("size", "goes_on"), [(1 * KIB, False), (300 * KIB, True)])
async def test_the_event_loop_goes_on_while_a_large_body_is_read(size: int, goes_on: bool) -> None:
    loop = Loop(orjson.dumps({"text": "a" * size}))

    await loop.run()

    assert loop.status == 400
    assert (loop.rounds_between > 0) is goes_on
