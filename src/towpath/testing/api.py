"""The scripted API itself: what was received, the answers that wait, and the routes.

The server runs on a thread of its own and tests ask from theirs, so one condition guards all state.
It must not know what an answer says (``script``) or how it becomes bytes (``stream``, ``responses``).
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath.testing.prompt_cache import PromptCache
from towpath.testing.responses import failed, replied
from towpath.testing.script import Failure, Json, Reply, obey
from towpath.testing.stored import Stored
from towpath.testing.stream import estimated_tokens

Answer = Reply | Failure
Script = Answer | Callable[[Json], Answer]

MODELS = ("claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5")


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived: the body parsed, the names of the headers in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Json


class ScriptedApi:
    """A Messages API that records what it gets. Serve ``app``; call the rest from any thread.

    Recorded are requests for an answer and for a count of tokens; ``stored`` has the files and batches, and
    what was asked of them. With a ``prompt_cache``, answers say what it read and kept; else nothing is
    cached.
    """

    def __init__(self, prompt_cache: PromptCache | None = None) -> None:
        self._prompt_cache = prompt_cache
        self.stored = Stored()
        self.app = Starlette(
            routes=[
                Route("/v1/messages", self._messages, methods=["POST"]),
                Route("/v1/messages/count_tokens", self._count_tokens, methods=["POST"]),
                *self.stored.routes(),
                Route("/v1/models", _models),
            ],
            exception_handlers={404: _not_found, 405: _not_found, Exception: _crashed},
        )
        self._changed = threading.Condition()
        self._exchanges: list[Recorded] = []
        self._scripts: deque[Script] = deque()
        self._gate: Future[None] | None = None

    @property
    def exchanges(self) -> list[Recorded]:
        """What was received so far, in order of arrival: a copy."""
        with self._changed:
            return list(self._exchanges)

    @property
    def last(self) -> Json:
        """The newest body received."""
        return self.exchanges[-1].body

    def reply(self, *scripts: Script) -> None:
        """Queue answers, one for each request to come; a function makes its answer from the body."""
        with self._changed:
            self._scripts.extend(scripts)

    def clear(self) -> None:
        """Forget what was received and what was queued."""
        with self._changed:
            self._exchanges.clear()
            self._scripts.clear()

    def wait_for(self, count: int, timeout_seconds: float = 10) -> list[Recorded]:
        """Block until ``count`` requests were received in all, and return them.

        Raises:
            TimeoutError: fewer came in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._exchanges) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._exchanges)} of {count} requests after {timeout_seconds} s")
            return list(self._exchanges)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Requests that arrive inside this block are received, but answered only when it is left."""
        gate: Future[None] = Future()
        # A future that runs cannot be cancelled, so a request that is given up leaves the others waiting.
        gate.set_running_or_notify_cancel()
        self._gate = gate
        try:
            yield
        finally:
            self._gate = None
            gate.set_result(None)

    async def _messages(self, request: Request) -> Response:
        gate = self._gate
        body = await _read(request)
        if isinstance(body, Failure):
            return failed(body)
        script = self._receive(request, body)
        if gate is not None:
            await asyncio.wrap_future(gate)
        answer = script if isinstance(script, Reply | Failure) else script(body)
        if isinstance(answer, Failure):
            return failed(answer)
        if self._prompt_cache:
            answer = replace(answer, usage={**self._prompt_cache.usage(body), **answer.usage})
        return await replied(answer, body)

    async def _count_tokens(self, request: Request) -> Response:
        body = await _read(request)
        if isinstance(body, Failure):
            return failed(body)
        self._record(request, body)
        return JSONResponse({"input_tokens": estimated_tokens(body)})

    def _receive(self, request: Request, body: Json) -> Script:
        with self._changed:
            self._record(request, body)
            return self._scripts.popleft() if self._scripts else obey

    def _record(self, request: Request, body: Json) -> None:
        with self._changed:
            self._exchanges.append(Recorded(request.url.path, dict(request.headers), body))
            self._changed.notify_all()


async def _read(request: Request) -> Json | Failure:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return Failure(400, "invalid_request_error", "The request body is not valid JSON.")
    if not isinstance(body, dict) or not body.get("messages"):
        return Failure(400, "invalid_request_error", "messages: Field required")
    return body


async def _models(_request: Request) -> Response:
    listed = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        for name in MODELS
    ]
    return JSONResponse({"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


async def _not_found(request: Request, _error: Exception) -> Response:
    return failed(Failure(404, "not_found_error", f"Not found: {request.method} {request.url.path}"))


async def _crashed(_request: Request, error: Exception) -> Response:
    """A queued function raised: say so in the answer, because the server's log is silent."""
    # Starlette raises it again, for which uvicorn closes the connection: nobody may use it once more.
    headers = {"connection": "close"}
    return failed(Failure(500, "api_error", f"The script failed: {error!r}", headers=headers))
