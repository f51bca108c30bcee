"""Connections to the server's protocol on a loop whose time the test moves: real sockets, no waiting."""

import asyncio
import json
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from tests.sessions.quiet_loop import QuietLoop
from towpath.server.http.arrival import HttpLimits, limited


class Line:
    """One connection, from the client's end."""

    def __init__(self, loop: QuietLoop, end: socket.socket) -> None:
        self._loop = loop
        self._end = end
        self.heard = b""
        self.is_closed = False

    def send(self, data: bytes) -> None:
        self._loop.settle()
        self._end.setblocking(True)
        while data and not self.is_closed:
            with suppress(BrokenPipeError):
                self._end.sendall(data[:65536])
            data = data[65536:]
            self.pass_time(0)

    def pass_time(self, seconds: float) -> None:
        """Let the time pass, and hear what is said in it."""
        self._loop.pass_time(seconds)
        self._end.setblocking(False)
        with suppress(BlockingIOError):
            while part := self._end.recv(65536):
                self.heard += part
            self.is_closed = True

    @property
    def statuses(self) -> Sequence[int]:
        """Of all answers that were heard."""
        return [int(part[1:4]) for part in self.heard.split(b"HTTP/1.1")[1:]]

    @property
    def said(self) -> Any:
        return json.loads(self.heard.rpartition(b"\r\n\r\n")[2])


class Dial:
    """Connects to a server of the loop's own."""

    def __init__(self, loop: QuietLoop, limits: HttpLimits) -> None:
        self._loop = loop
        self._protocol = limited(limits)
        self._state = ServerState()
        self._ends = ExitStack()

    def __call__(self, application: ASGIApp) -> Line:
        """One connection, to this application."""
        (line,) = self.at_once(1, application)
        return line

    def at_once(self, count: int, application: ASGIApp) -> list[Line]:
        """So many, which come before the server has done anything about the first."""
        config = uvicorn.Config(application, http=self._protocol, ws="none", log_config=None)
        config.load()
        pairs = [[*map(self._ends.enter_context, socket.socketpair())] for _ in range(count)]

        def protocol() -> asyncio.Protocol:
            return self._protocol(config=config, server_state=self._state, app_state={}, _loop=self._loop)

        async def connect() -> None:
            accepted = [self._loop.connect_accepted_socket(protocol, theirs) for _, theirs in pairs]
            await asyncio.gather(*accepted)

        self._loop.run(connect())
        return [Line(self._loop, ours) for ours, _ in pairs]

    def close(self) -> None:
        for connection in list(self._state.connections):
            connection.transport.abort()
        self._loop.settle()
        self._ends.close()
