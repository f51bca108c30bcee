"""OpenAI's APIs: requests translated to exchanges of the Messages API, and their answers translated back."""

import time
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.openai.parts import error_body
from towpath.core.reading.body import check_values
from towpath.core.to_json import to_json
from towpath.server.errors import new_request_id
from towpath.server.exchange.exchanges import Exchanges
from towpath.server.http.body import receive_body
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.http.parse_queue import Reading
from towpath.server.http.streaming import EventStream, Items, Wire
from towpath.settings import Settings

Json = dict[str, Any]


class Whole(Protocol):
    """An answer that is sent in one piece."""

    def add(self, event: Event) -> object: ...

    @property
    def answer(self) -> Json: ...


class Door(Protocol):
    """One of these APIs for one request, made of the fields that were sent, the request's id and the time in
    Unix seconds. Making it raises ApiError for a request that breaks a rule."""

    request: Json
    """The same in the Messages API's words."""

    def renamed(self, error: ApiError) -> ApiError:
        """An error in ``request`` with the names that were sent."""
        ...

    def wire(self) -> Wire: ...

    def whole(self) -> Whole: ...


class OpenAIEndpoint:
    """The ASGI application behind the route of one of these APIs."""

    def __init__(
        self,
        settings: Settings,
        exchanges: Exchanges,
        reading: Reading,
        door: Callable[[Any, str, int], Door],
    ) -> None:
        self._settings = settings
        self._exchanges = exchanges
        self._reading = reading
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, headers = new_request_id(), Headers(scope=scope)
        try:
            body = await receive_body(scope, receive)
            door, translated = await self._reading.of(body, partial(self._opened, body, request_id), receive)
            try:
                request, items = await self._exchanges.begin(
                    translated, headers, scope["state"]["caller"], request_id, receive
                )
            except ApiError as error:
                raise door.renamed(error) from error
        except ClientDisconnect:
            return
        except ApiError as error:
            self._exchanges.refused(request_id, error)
            await refusal(error, request_id)(scope, receive, send)
            return
        if request.stream:
            answer = EventStream(
                items,
                request_id,
                ping_seconds=self._settings.ping_seconds,
                client_seconds=self._settings.client_timeout_seconds,
                wire=door.wire(),
            )
            await answer(scope, receive, send)
            return
        work = _answer_whole(items, door.whole(), request_id, scope, receive, send)
        try:
            await unless_client_leaves(work, receive)
        except ApiError as error:
            await refusal(error, request_id)(scope, receive, send)

    def _opened(self, body: bytes, request_id: str) -> tuple[Door, bytes]:
        """The request at its door, and the same as a body of the Messages API."""
        check_values(body)
        try:
            door = self._door(orjson.loads(body), request_id, int(time.time()))
            return door, orjson.dumps(door.request)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
            raise ApiError(400, f"The request body is not valid JSON: {error}") from error


def refusal(error: ApiError, request_id: str) -> Response:
    headers = {**error.headers, "request-id": request_id, "x-request-id": request_id}
    return Response(to_json(error_body(error)), error.status, headers, "application/json")


async def _answer_whole(
    items: Items, whole: Whole, request_id: str, scope: Scope, receive: Receive, send: Send
) -> None:
    async with aclosing(items):
        headers = {**await anext(items), "request-id": request_id, "x-request-id": request_id}
        async for event in items:
            whole.add(dict(event))
    await Response(to_json(whole.answer), 200, headers, "application/json")(scope, receive, send)
