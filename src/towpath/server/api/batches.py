"""Batches and files: handed on as they are to the upstream, if the operator gave the proxy one.

The Agent SDK cannot reach them, so there is nothing to translate. Bodies pass piece by piece in both
directions: a file has up to 500 MB.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import httpx
import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from towpath.core.accesses import path_of
from towpath.core.errors import ApiError
from towpath.server.errors import error_response, new_request_id
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.upstream.answer import handed_back, is_json, whole_body
from towpath.server.upstream.client import UpstreamApi

log = structlog.get_logger(__name__)

# No path that leads elsewhere ("..") may reach an upstream that is called with the operator's key.
_PATH = re.compile(r"(?:/v1){0,2}(/(?:messages/batches|files)(?:/[A-Za-z0-9_-]+)*)")
_NO_UPSTREAM = (
    "{what} cannot be reached with the Claude CLI's own login or a cloud provider: the Agent SDK has no call "
    "for them. Set CLAUDE_PROXY_UPSTREAM_API_KEY to an API key, or CLAUDE_PROXY_UPSTREAM_BASE_URL to a "
    "gateway; then they are handed on to it."
)

# The methods of each path, below the paths of messages and of files.
_BATCHES = {
    "/batches": ["GET", "POST"],
    "/batches/{batch_id}": ["GET", "DELETE"],
    "/batches/{batch_id}/cancel": ["POST"],
    "/batches/{batch_id}/results": ["GET"],
}
_FILES = {"": ["GET", "POST"], "/{file_id}": ["GET", "DELETE"], "/{file_id}/content": ["GET"]}
FILES_PATHS = ("/v1/files", "/files", "/v1/v1/files")


def relay_routes(messages_paths: Iterable[str], relay: "Relay") -> list[Route]:
    """The routes of batches and files."""
    places = [(path + end, how) for path in messages_paths for end, how in _BATCHES.items()]
    places += [(path + end, how) for path in FILES_PATHS for end, how in _FILES.items()]
    return [Route(path, relay, methods=how) for path, how in places]


class Relay:
    """The ASGI application of these routes. ``upstreams``: by access, as far as there is one.

    ``client_seconds``: how long a client may stop reading.
    """

    def __init__(self, upstreams: Mapping[str, UpstreamApi | None], client_seconds: float) -> None:
        self._upstreams = upstreams
        self._client_seconds = client_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_request_id()
        try:
            path = _upstream_path(scope)
            upstream = self._upstreams[scope["state"]["access"]]
            if upstream is None:
                what = "Message batches" if "/batches" in path else "Files"
                raise ApiError(404, _NO_UPSTREAM.format(what=what))
            handing = _Handing(scope, receive, send, request_id, client_seconds=self._client_seconds)
            await unless_client_leaves(handing.through(upstream, path), handing.receive_after_body)
        except ClientDisconnect:
            log.info("handed on", request_id=request_id, outcome="client left")
        except ApiError as error:
            log.info("refused", request_id=request_id, status=error.status, type=error.type)
            await error_response(error, request_id)(scope, receive, send)


class _Handing:
    """One request and its answer."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, *, client_seconds: float
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request = Request(scope, receive)
        self._request_id = request_id
        self._client_seconds = client_seconds
        self._body_is_over = asyncio.Event()
        self._head_is_sent = False
        self._began = time.monotonic()

    async def through(self, upstream: UpstreamApi, path: str) -> None:
        """Hand the request on, and the answer back."""
        headers = dict(self._request.headers)
        if _describes_batches(path):
            headers.pop("accept-encoding", None)  # because it is read here
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        content = self._body() if has_body else None
        if not has_body:
            self._body_is_over.set()
        query = self._scope["query_string"].decode("latin-1")
        try:
            async with upstream.answer(
                self._scope["method"], f"{path}?{query}" if query else path, headers, content
            ) as response:
                self._body_is_over.set()  # an upstream that refuses a body need not wait for its end
                await self._hand_back(response, path)
        except (ApiError, TimeoutError) as error:
            self._body_is_over.set()
            if not self._head_is_sent:
                raise
            # The connection is closed before the answer's end, so that it is not taken for whole.
            log.warning("an answer broke off", request_id=self._request_id, error=str(error) or "not read")

    async def receive_after_body(self) -> Message:
        """What comes from the client after its body: that it leaves."""
        await self._body_is_over.wait()
        return await self._receive()

    async def _body(self) -> AsyncIterator[bytes]:
        async for part in self._request.stream():
            if part:
                yield part
        self._body_is_over.set()

    async def _hand_back(self, response: httpx.Response, path: str) -> None:
        headers = {"request-id": self._request_id, **handed_back(response)}
        log.info(
            "handed on",
            request_id=headers["request-id"],
            method=self._scope["method"],
            api="batches" if "/batches" in path else "files",
            status=response.status_code,
            first_byte_ms=round((time.monotonic() - self._began) * 1000, 1),
        )
        if _has_batches(response, path):
            base_url = str(self._request.base_url) + path_of(self._scope["state"]["access"])
            body = _with_own_addresses(await whole_body(response), base_url)
            for name in ("content-length", "content-encoding"):
                headers.pop(name, None)
            await Response(body, response.status_code, headers)(self._scope, self._receive, self._send)
            return
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": response.status_code, "headers": raw})
        self._head_is_sent = True
        async for part in response.aiter_raw():
            async with asyncio.timeout(self._client_seconds):
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _upstream_path(scope: Scope) -> str:
    match = _PATH.fullmatch(scope["path"])
    if match is None:
        raise ApiError(404, f"{scope['path']}: ids have letters, digits, _ and - only")
    return f"/v1{match[1]}"


def _has_batches(response: httpx.Response, path: str) -> bool:
    """Whether the answer describes batches. Results are lines of JSON, of any length."""
    return _describes_batches(path) and is_json(response) and response.status_code == 200


def _describes_batches(path: str) -> bool:
    return path.startswith("/v1/messages/batches") and not path.endswith("/results")


def _with_own_addresses(body: bytes, base_url: str) -> bytes:
    """The description with a ``results_url`` that leads here: clients fetch the results with their own key.

    One batch, or a page of them. ``base_url`` is that of this server and access, as the client knows it.
    """
    try:
        value: Any = orjson.loads(body)
        for batch in value.get("data", [value]):
            if batch.get("results_url"):
                batch["results_url"] = f"{base_url}v1/messages/batches/{batch['id']}/results"
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return body  # it does not describe a batch
    return orjson.dumps(value)
