"""A stream of server-sent events that tells the truth: its status is known before its head is sent, pings
fill the silence of the model, and it never ends without an end or an error.

Written here, not taken from Starlette, because (a) the head must wait for the first event or error, but
not for ever, and (b) under ASGI 2.4 Starlette notices a client that has left only at the next write,
which a quiet model may delay for minutes.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Protocol

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.core.events import PING, Event, encode
from towpath.server.errors import error_response
from towpath.server.http.disconnect import unless_client_leaves

log = structlog.get_logger(__name__)

Items = AsyncGenerator[Mapping[str, Any]]
"""First the response's headers, then the stream events; or an ApiError at any point."""


class StreamFormat(Protocol):
    """How events become bytes on a stream."""

    def event(self, event: Event) -> bytes: ...

    def error(self, error: ApiError, request_id: str) -> bytes: ...

    def error_response(self, error: ApiError, request_id: str) -> Response:
        """The response in place of a stream that never began."""
        ...

    @property
    def ping(self) -> bytes: ...

    @property
    def end(self) -> bytes:
        """What follows the last event of a stream that went well."""
        ...


class MessagesStream:
    """A stream of the Messages API."""

    ping = encode(PING)
    end = b""

    def event(self, event: Event) -> bytes:
        return encode(event)

    def error(self, error: ApiError, request_id: str) -> bytes:
        return encode(error.body(request_id))

    def error_response(self, error: ApiError, request_id: str) -> Response:
        return error_response(error, request_id)


class EventStream:
    """An ASGI response that sends ``items`` as they come, and a ping after ``ping_seconds`` of silence.

    Clients give up on a stream that is silent for 30 to 300 s, proxies in between often after 60. A client
    that does not read for ``client_seconds`` while some 64 KB wait for it is cut off.
    """

    def __init__(
        self,
        items: Items,
        request_id: str,
        *,
        ping_seconds: float,
        client_seconds: float,
        stream_format: StreamFormat | None = None,
    ) -> None:
        self._items = items
        self._request_id = request_id
        self._format = stream_format or MessagesStream()
        self._ping_seconds = ping_seconds
        self._client_seconds = client_seconds
        self._head_is_sent = False
        self._last_sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await unless_client_leaves(self._relay(send), receive)
        except ApiError as error:
            await self._format.error_response(error, self._request_id)(scope, receive, send)
        except TimeoutError:
            log.warning("a client that does not read is cut off", request_id=self._request_id)

    async def _relay(self, send: Send) -> None:
        pinger = asyncio.create_task(self._ping(send))
        try:
            async with aclosing(self._items) as items:
                await self._send_head(await anext(items), send)
                async for event in items:
                    self._last_sent = asyncio.get_running_loop().time()
                    await self._send_part(self._format.event(dict(event)), send)
        except ApiError as error:
            if not self._head_is_sent:
                raise
            await self._send_part(self._format.error(error, self._request_id), send)
            end = b""
        else:
            end = self._format.end
        finally:
            pinger.cancel()
            await asyncio.gather(pinger, return_exceptions=True)
        await send({"type": "http.response.body", "body": end, "more_body": False})

    async def _ping(self, send: Send) -> None:
        """Send a ping whenever nothing was sent for a while, and the head before the first one."""
        loop = asyncio.get_running_loop()
        self._last_sent = loop.time()
        while True:
            await asyncio.sleep(self._last_sent + self._ping_seconds - loop.time())
            if loop.time() - self._last_sent >= self._ping_seconds:
                self._last_sent = loop.time()
                await self._send_head({}, send)
                await self._send_part(self._format.ping, send)

    async def _send_head(self, headers: Mapping[str, str], send: Send) -> None:
        if self._head_is_sent:
            return
        self._head_is_sent = True
        fixed = {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-cache",
            "request-id": self._request_id,
        }
        raw = [(name.encode(), value.encode()) for name, value in {**fixed, **headers}.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})

    async def _send_part(self, data: bytes, send: Send) -> None:
        if not data:
            return
        async with asyncio.timeout(self._client_seconds):
            await send({"type": "http.response.body", "body": data, "more_body": True})
