"""What every request passes besides ``guard`` and ``headers``: one spelling for each path, and an answer to
those that want a WebSocket."""

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
    # RFC 9110 demands the name of a protocol that would do. Frames may follow, so the connection ends.
    headers={"upgrade": "HTTP/1.1", "connection": "upgrade, close"},
)


class OneSpelling:
    """Middleware that leaves a path with single slashes, and none at its end.

    Base URLs are written with a slash at the end as well as without, and clients do not follow a redirect of
    a POST. Guard and routes both see the path as it is after this, so they cannot read it differently.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": re.sub("/+", "/", scope["path"]).removesuffix("/") or "/"}
        await self._app(scope, receive, send)


class NoWebSockets:
    """Middleware that says at once, on any path, that there are no WebSockets: 426, and clients use HTTP.

    ``openai_paths`` are those where errors have that API's shape. The server must leave such requests
    to it: uvicorn has to run with ``ws="none"``.
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
