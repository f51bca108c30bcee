"""What every request passes on its way to the routes, beside the walls: one spelling for each path, and a
word to those who want a WebSocket."""

import re
from collections.abc import Collection

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.server.errors import error_response, new_request_id, openai_error_response

log = structlog.get_logger(__name__)

_NO_WEBSOCKETS = ApiError(
    426,
    "Upgrade: there are no WebSockets here; send the request as a POST, with stream for its events",
    # RFC 9110 wants the protocol to be named that would do. What may follow are frames: the connection ends.
    headers={"upgrade": "HTTP/1.1", "connection": "upgrade, close"},
)


class OneSpelling:
    """Middleware outside all others: a path has single slashes, and none at its end.

    Base URLs are written with a slash at the end as well as without, and clients do not follow a redirect of
    a POST. Walls and routes both see the path as it is after this, so none of them can be read differently.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": re.sub("/+", "/", scope["path"]).removesuffix("/") or "/"}
        await self._app(scope, receive, send)


class NoWebSockets:
    """Middleware that says at once, on any path, that there are none: 426, after which clients use HTTP.

    ``openai_paths`` are those where errors have that API's shape. The server must not take such requests for
    itself: uvicorn has to run with ``ws="none"``.
    """

    def __init__(self, app: ASGIApp, openai_paths: Collection[str]) -> None:
        self._app = app
        self._openai_paths = openai_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_websocket(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        log.info("refused", request_id=request_id, status=_NO_WEBSOCKETS.status, type=_NO_WEBSOCKETS.type)
        answer = openai_error_response if scope["path"] in self._openai_paths else error_response
        await answer(_NO_WEBSOCKETS, request_id)(scope, receive, send)


def _wants_websocket(headers: Headers) -> bool:
    protocols = ",".join(headers.getlist("upgrade")).lower().split(",")
    return "websocket" in [protocol.strip() for protocol in protocols]
