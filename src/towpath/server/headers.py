"""The headers that every response has, whatever made it. Those of answers are in ``exchange.headers``.

They tell a browser to take a response's type as it is, and to let no other site embed it. An answer may
have a model's words, and a file may be a page. Neither may run on this server's own origin.
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
    """Middleware that adds them to every response of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(ALWAYS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
