"""POST /v1/messages/count_tokens: how many tokens a conversation has, without answering it.

With an upstream of the operator's own it is the API's exact count, otherwise the CLI's estimate; the header
``x-towpath-count`` tells which. The count is of what the client sent, as it would go out, without what the
CLI adds to it (docs/engine.md, C4).
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from towpath.agent.token_estimate import context_tokens
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.launch import Launch, system_text
from towpath.core.model_names import FAMILIES, split_million
from towpath.core.models import resolve_model
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import CountRequest, api_messages, parse_count
from towpath.server.catalog import Models
from towpath.server.errors import error_response, new_request_id
from towpath.server.http.body import receive_body
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.http.parse_queue import ParseQueue
from towpath.server.upstream.answer import handed_back, whole_body
from towpath.server.upstream.client import UpstreamApi
from towpath.sessions.admission import Admission
from towpath.settings import Settings

log = structlog.get_logger(__name__)

HEADER = "x-towpath-count"
# Each is a process of 125 MB that takes a core for half a second; clients send 18 counts at once.
_ESTIMATES_AT_ONCE = 2

Count = Callable[[CountRequest, Headers, str], Awaitable[Response]]
"""Counts a request that came with these headers and this query string."""


class CountEndpoint:
    """The ASGI application of the route. Counts wait in a queue of their own. ``counts``: by access."""

    def __init__(
        self, settings: Settings, counts: Mapping[str, Count], memo: MessageMemo, queue: ParseQueue
    ) -> None:
        self._counts = counts
        self._admission = Admission(running=settings.max_concurrent, waiting=settings.max_waiting)
        self._queue = queue
        self._parse = partial(parse_count, memo=memo, transient_texts=settings.transient_texts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, headers, began = new_request_id(), Headers(scope=scope), time.monotonic()
        access = scope["state"]["access"]

        async def work() -> None:
            async with self._admission.enter():
                response = await self._counts[access](
                    request, headers, scope["query_string"].decode("latin-1")
                )
            response.headers.setdefault("request-id", request_id)
            log.info(
                "counted",
                request_id=response.headers["request-id"],
                access=access,
                kind=response.headers.get(HEADER),
                status=response.status_code,
                messages=len(request.messages),
                total_ms=round((time.monotonic() - began) * 1000, 1),
            )
            await response(scope, receive, send)

        try:
            body = await receive_body(scope, receive)
            request = await self._queue.run(body, partial(self._parse, body), receive)
            await unless_client_leaves(work(), receive)
        except ClientDisconnect:
            return
        except ApiError as error:
            log.info("refused", request_id=request_id, status=error.status, type=error.type)
            await error_response(error, request_id)(scope, receive, send)


def count_routes(messages_paths: Iterable[str], endpoint: CountEndpoint) -> list[Route]:
    """Where counts are asked for: below the paths of messages."""
    return [Route(f"{path}/count_tokens", endpoint, methods=["POST"]) for path in messages_paths]


class ExactCount:
    """The API's own, under the id of the model that would answer."""

    def __init__(self, upstream: UpstreamApi, models: Models) -> None:
        self._upstream = upstream
        self._models = models

    async def __call__(self, request: CountRequest, headers: Headers, query: str) -> Response:
        """The upstream's answer, if it is a count or an error."""
        model = resolve_model(request.model, await self._models.offer())
        if split_million(model)[0] in FAMILIES:  # the CLI's short names
            model = (await self._models.find(model)).id
        path = "/v1/messages/count_tokens" + (f"?{query}" if query else "")
        content = orjson.dumps(_body(request, split_million(model)[0]))
        # The body differs from the client's, and a short answer needs no encoding.
        changed = {"content-type": "application/json", "content-length": str(len(content))}
        kept = {name: value for name, value in headers.items() if name.startswith("anthropic-")}
        async with self._upstream.answer("POST", path, {**kept, **changed}, content) as response:
            said = await whole_body(response)
        back = handed_back(response)
        back.pop("content-length", None)
        back.pop("content-encoding", None)
        if response.is_success:
            if not _is_count(said):
                raise ApiError(502, "the upstream's answer is no count: it has no number of input_tokens")
            back[HEADER] = "exact"
        return Response(said, response.status_code, back)


class EstimatedCount:
    """The CLI's. ``folder`` is for private files, ``cwd`` is empty, ``environment`` and ``cli_settings`` are
    those of all CLIs of an access."""

    def __init__(
        self,
        folder: Path,
        cwd: Path,
        environment: Mapping[str, str],
        models: Models,
        timeout_seconds: float,
        *,
        cli_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._folder = folder
        self._cwd = cwd
        self._environment = environment
        self._models = models
        self._timeout_seconds = timeout_seconds
        self._cli_settings = cli_settings
        self._numbers = itertools.count(1)
        self._places = asyncio.Semaphore(_ESTIMATES_AT_ONCE)

    async def __call__(self, request: CountRequest, _headers: Headers, _query: str) -> Response:
        """The estimate, in the API's shape."""
        launch = Launch(
            model=resolve_model(request.model, await self._models.offer()),
            system=system_text(request.system),
            body={"tools": list(request.tools)},
            cwd=str(self._cwd),
        )
        async with self._places:
            try:
                tokens = await context_tokens(
                    launch,
                    request.messages,
                    self._folder / f"count-{next(self._numbers)}",
                    self._environment,
                    timeout_seconds=self._timeout_seconds,
                    cli_settings=self._cli_settings,
                )
            except ProcessDied as error:
                raise ApiError(500, str(error)) from error
        return Response(orjson.dumps({"input_tokens": tokens}), 200, {HEADER: "estimate"}, "application/json")


def _body(request: CountRequest, model: str) -> Mapping[str, Any]:
    """The conversation as it would go out: without transient texts, the system prompt as one text."""
    system, tools = system_text(request.system), list(request.tools)
    body = {"model": model, "messages": api_messages(request.messages), **request.parameters}
    return {**body, **({"system": system} if system else {}), **({"tools": tools} if tools else {})}


def _is_count(said: bytes) -> bool:
    try:
        tokens = orjson.loads(said)["input_tokens"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
    return type(tokens) is int and tokens >= 0
