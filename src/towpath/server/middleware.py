"""What every request passes besides ``guard`` and ``headers``: one spelling for each path, and an answer to
those that go round in circles or want a WebSocket."""

import re
from collections.abc import Callable, Collection

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.server.errors import error_response, new_request_id, openai_error_response
from towpath.server.exchange.events import Publish, Refused
from towpath.server.via import marks_in

log = structlog.get_logger(__name__)

_NO_WEBSOCKETS = ApiError(
    426,
    "Upgrade: there are no WebSockets here; send the request as a POST, with stream for its events",
    # RFC 9110 demands the name of a protocol that would do. Frames may follow, so the connection ends.
    headers={"upgrade": "HTTP/1.1", "connection": "upgrade, close"},
)


_CLI_SESSION = "x-claude-code-session-id"
_LOOP = ApiError(
    508,
    "this request has come through this server already: its upstream leads back here. Set "
    "CLAUDE_PROXY_UPSTREAM_BASE_URL to the address of the API, or unset it",
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


class NoLoops:
    """Middleware that stops a request which has come through this server already: a 508, and no process.

    ``is_own_session`` knows the sessions of this server's CLIs: they name theirs in each request that they
    make. What comes back by way of another server, and what the server itself has sent, has its ``mark``.
    """

    def __init__(
        self, app: ASGIApp, is_own_session: Callable[[str], bool], mark: str, publish: Publish
    ) -> None:
        self._app = app
        self._is_own_session = is_own_session
        self._mark = mark
        self._publish = publish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._has_come_back(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        self._publish(Refused(request_id, _LOOP))
        await error_response(_LOOP, request_id)(scope, receive, send)

    def _has_come_back(self, headers: Headers) -> bool:
        session_id = headers.get(_CLI_SESSION)
        is_of_a_cli = session_id is not None and self._is_own_session(session_id)
        return is_of_a_cli or self._mark in marks_in(headers)


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
