"""What the scripted API received, and the answers that wait, whichever endpoint a request came to.

The server runs on a thread of its own and tests ask from theirs, so one condition guards all state.
It must not know what an answer says (``script``), how it becomes bytes (``stream``, ``responses``), or
which endpoints there are (``api``).
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

from starlette.requests import Request

from towpath.testing.prompt_cache import PromptCache
from towpath.testing.script import Failure, Json, Reply, obey

Answer = Reply | Failure
Script = Answer | Callable[[Json], Answer]


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived: the body parsed, the names of the headers in lower case.

    Cloud providers have ``model`` and ``stream`` in the path. The body has them here, as at the API itself.
    """

    path: str
    headers: Mapping[str, str]
    body: Json


class Dialogue:
    """What is asked and answered. Call it from any thread, but for ``answer``.

    With a ``prompt_cache``, answers say what it read and kept; else nothing is cached.
    """

    def __init__(self, prompt_cache: PromptCache | None = None) -> None:
        self._prompt_cache = prompt_cache
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

    def record(self, request: Request, body: Json) -> None:
        """Note a request that no queued answer is for."""
        with self._changed:
            self._exchanges.append(Recorded(request.url.path, dict(request.headers), body))
            self._changed.notify_all()

    async def answer(self, request: Request, body: Json) -> Answer:
        """Note a request, wait while requests are held, and give the answer that is its turn."""
        gate = self._gate
        script = self._receive(request, body)
        if gate is not None:
            await asyncio.wrap_future(gate)
        answer = script if isinstance(script, Reply | Failure) else script(body)
        if isinstance(answer, Reply) and self._prompt_cache:
            answer = replace(answer, usage={**self._prompt_cache.usage(body), **answer.usage})
        return answer

    def _receive(self, request: Request, body: Json) -> Script:
        with self._changed:
            self.record(request, body)
            return self._scripts.popleft() if self._scripts else obey


async def read_json(request: Request, needs: str = "messages") -> Json | Failure:
    """The body of a request, which must have that field; or what the API says of one that has not."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return Failure(400, "invalid_request_error", "The request body is not valid JSON.")
    if not isinstance(body, dict) or not body.get(needs):
        return Failure(400, "invalid_request_error", f"{needs}: Field required")
    return body
