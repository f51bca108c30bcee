"""GET /v1/models and /v1/models/{id}: what this CLI and account offer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from towpath.core.catalog import (
    Offered,
    OpenAIModels,
    anthropic_model,
    anthropic_page,
    find,
    offered,
    openai_model,
)
from towpath.core.errors import ApiError, ProcessDied
from towpath.server.errors import error_response
from towpath.server.reports import report_response

log = structlog.get_logger(__name__)

_KEPT_SECONDS = 3600.0
_ASK_TIMEOUT_SECONDS = 30.0
Ask = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]


class Models:
    """The two routes. ``ask`` asks the CLI: at the first request, and again after an hour."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: tuple[Offered, ...] = ()
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    async def list(self, request: Request) -> Response:
        """All of them, a page at a time in Anthropic's shape."""
        try:
            models = await self._models()
            if not _wants_anthropic(request):
                return report_response(OpenAIModels(data=[openai_model(model) for model in models]))
            names = request.query_params.keys()
            query = {name: request.query_params.getlist(name) for name in names}
            return report_response(anthropic_page(models, query))
        except ApiError as error:
            return error_response(error)

    async def one(self, request: Request) -> Response:
        """One, by any name that a request may use for it."""
        try:
            model = find(await self._models(), request.path_params["model_id"])
        except ApiError as error:
            return error_response(error)
        shape = anthropic_model if _wants_anthropic(request) else openai_model
        return report_response(shape(model))

    async def id_of(self, name: str) -> str:
        """The API's id of a model. Raises ApiError (404) if none is offered under the name."""
        return find(await self._models(), name).id

    async def _models(self) -> tuple[Offered, ...]:
        async with self._asking:  # those that come meanwhile get the same answer
            if not self._known or time.monotonic() - self._asked_at > _KEPT_SECONDS:
                self._known = await self._ask_cli() or self._known
                self._asked_at = time.monotonic()
        if not self._known:
            raise ApiError(
                500, "the Claude CLI did not say which models it offers; the server's log says why"
            )
        return self._known

    async def _ask_cli(self) -> tuple[Offered, ...]:
        try:
            async with asyncio.timeout(_ASK_TIMEOUT_SECONDS):
                return offered(await self._ask())
        except (ProcessDied, TimeoutError) as error:  # an old list is good enough
            log.warning("the CLI was not asked for its models", error=f"{type(error).__name__}: {error}")
            return ()


def _wants_anthropic(request: Request) -> bool:
    """Every client of Anthropic's API says which version it speaks; OpenAI's has no such header."""
    return "anthropic-version" in request.headers
