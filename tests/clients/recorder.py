"""What a client sent and how it was answered, written down in front of the proxy."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.support.fidelity import Json, seen, sent
from towpath.testing import Recorded, ScriptedApi, serve_in_thread

Conversation = tuple[str, list[Json]]  # the model and the messages


@dataclass(frozen=True)
class Exchange:
    """A request as the client sent it, and the head of the response."""

    body: Json
    status: int
    headers: Mapping[str, str]

    @property
    def way(self) -> str | None:
        """The way it was served on; None if it was refused."""
        return self.headers.get("x-towpath-way")

    @property
    def is_later_step(self) -> bool:
        """Whether the conversation had begun before: something of it is the model's, at whichever door."""
        said = self.body.get("messages") or self.body.get("input") or ()
        return any(isinstance(item, dict) and _is_the_models(item) for item in said)


def _is_the_models(item: Json) -> bool:
    return item.get("role") == "assistant" or item.get("type") in (
        "function_call",
        "custom_tool_call",
        "item_reference",
    )


class Recorder:
    """Middleware that changes nothing. An exchange is recorded when the head of its response goes out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    @property
    def exchanges(self) -> list[Exchange]:
        """What was answered so far, in that order: a copy."""
        with self._lock:
            return list(self._exchanges)

    @property
    def ways(self) -> list[str | None]:
        return [exchange.way for exchange in self.exchanges]

    def clear(self) -> None:
        """Forget what was recorded."""
        with self._lock:
            self._exchanges.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return whole.pop() if whole else await receive()

        async def send_and_record(part: Message) -> None:
            if part["type"] == "http.response.start":
                self._record(body, part)
            await send(part)

        await self._app(scope, receive_again, send_and_record)

    def _record(self, body: bytes, start: Mapping[str, Any]) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        with self._lock:
            self._exchanges.append(Exchange(json.loads(body), start["status"], headers))


@dataclass(frozen=True)
class RecordedProxy:
    """A proxy whose clients are recorded."""

    url: str
    recorder: Recorder


@contextmanager
def serve_recorded(app: ASGIApp, port: int = 0) -> Iterator[RecordedProxy]:
    """Serve a proxy's application, with a recorder in front, on any port that is free or on this one."""
    recorder = Recorder(app)
    with serve_in_thread(recorder, port=port) as url:
        yield RecordedProxy(url, recorder)


def requests(*recorders: Recorder) -> list[Conversation]:
    """The conversations that the client asked the proxy to go on with, in an order of their own."""
    return requests_in(exchange for recorder in recorders for exchange in recorder.exchanges)


def requests_in(exchanges: Iterable[Exchange]) -> list[Conversation]:
    """The same for exchanges at the Messages API."""
    answered = [exchange.body for exchange in exchanges if exchange.status == 200]
    return sorted(((body["model"], sent(body["messages"])) for body in answered), key=repr)


def model_calls(api: ScriptedApi) -> list[Conversation]:
    """The conversations that the model was called with, in the same order.

    If these are the ``requests``, each was one model call, with the client's conversation exactly, and
    there were no other calls.
    """
    return model_calls_in(api.exchanges)


def model_calls_in(exchanges: Iterable[Recorded]) -> list[Conversation]:
    """The same for exchanges of the API's."""
    return sorted(((e.body["model"], seen(e.body)) for e in exchanges), key=repr)
