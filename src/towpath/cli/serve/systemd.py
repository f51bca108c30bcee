"""Tells systemd how the server is: ready, alive, stopping (sd_notify(3), for Type=notify and WatchdogSec=).

The words go out as the application's lifespan passes by, so neither the application nor uvicorn knows of
them. The beat comes from the event loop itself: a loop that hangs misses it, and systemd starts a new one.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


class Notifier:
    """Sends states to the address that systemd gave: a path, or ``@`` and an abstract name."""

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def send(self, state: str) -> None:
        """Send one state. Never blocks, never raises."""
        # What gets lost is told by systemd: it has its own time limits for each of the states.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), self._address)


def watched(app: Asgi, environment: MutableMapping[str, str]) -> Asgi:
    """The application, and systemd hears of it; the same application where no systemd listens.

    Takes systemd's variables out of ``environment``: the server's children must not speak for it.
    """
    address = environment.pop("NOTIFY_SOCKET", "")
    seconds = beat_seconds(environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", ""))
    if not address.startswith(("/", "@")):
        return app
    return _Watched(app, Notifier(address), seconds)


def beat_seconds(usec: str, pid: str) -> float | None:
    """How long to wait between two beats: half of what systemd allows. None if it expects none of us."""
    if not usec.isdecimal() or int(usec) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(usec) / 1e6 / 2


class _Watched:
    def __init__(self, app: Asgi, notifier: Notifier, seconds: float | None) -> None:
        self._app = app
        self._notifier = notifier
        self._seconds = seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        async with contextlib.AsyncExitStack() as beating:

            async def received() -> Message:
                message = await receive()
                if message["type"] == "lifespan.shutdown":
                    self._notifier.send(STOPPING)
                return message

            async def sent(message: Message) -> None:
                await send(message)
                if message["type"] == "lifespan.startup.complete":
                    self._notifier.send(READY)
                    await beating.enter_async_context(self._beating())

            await self._app(scope, received, sent)

    @contextlib.asynccontextmanager
    async def _beating(self) -> Any:
        """Beats go on while the server stops: ending its processes takes time, and hanging there counts."""
        beat = asyncio.create_task(self._beat(self._seconds)) if self._seconds else None
        try:
            yield
        finally:
            if beat:
                beat.cancel()

    async def _beat(self, seconds: float) -> None:
        while True:
            self._notifier.send(ALIVE)
            await asyncio.sleep(seconds)
