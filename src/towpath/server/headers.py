"""What every response says to a browser, whatever made it: it is what it calls itself, and no other site's.

An answer may have words of a model's, a file may be a page. On this server's own origin neither may run.
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}


class AlwaysHeaders:
    """Middleware that adds them to all that leaves the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(ALWAYS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
