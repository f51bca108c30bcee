"""The endpoint of an API: one exchange for each request, whose answer is a stream or one JSON object.

What is particular to an API is in its format: ``messages``, ``chat`` and ``responses`` have one each.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.to_json import Json, to_json
from towpath.server.errors import new_request_id
from towpath.server.exchange.exchanges import Exchanges
from towpath.server.http.body import receive_body
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.http.streaming import EventStream, Items, StreamFormat
from towpath.settings import Settings


class ApiFormat(StreamFormat, Protocol):
    """What an API makes of one exchange: its request, and its answer as a stream or in one piece."""

    def translated(self, body: bytes) -> bytes:
        """The request as a body of the Messages API. Raises ApiError for one that breaks a rule."""
        ...

    def renamed(self, error: ApiError) -> ApiError:
        """An error in the translated body, with the names that the client used."""
        ...

    def add(self, event: Event) -> object:
        """Take the next event of an answer that is sent in one piece."""
        ...

    @property
    def answer(self) -> Json:
        """That answer, when all its events are in."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """What its response has besides, even a refusal: known once the request is translated."""
        ...

    @property
    def id_headers(self) -> Sequence[str]:
        """The headers in which an answer in one piece has the id of its exchange."""
        ...


class Endpoint:
    """The ASGI application of the routes of one API.

    ``format_of`` makes the format of an exchange from its id, its caller and the access that is asked for.
    """

    def __init__(
        self, settings: Settings, exchanges: Exchanges, format_of: Callable[[str, str, str], ApiFormat]
    ) -> None:
        self._settings = settings
        self._exchanges = exchanges
        self._format_of = format_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, headers = new_request_id(), Headers(scope=scope)
        caller, access = scope["state"]["caller"], scope["state"]["access"]
        api = self._format_of(request_id, caller, access)
        send = _with_headers(api, send)
        try:
            body = await receive_body(scope, receive)
            request, items = await self._exchanges.begin(
                body, headers, caller, request_id, receive, api.translated, access=access
            )
        except ClientDisconnect:
            return
        except ApiError as error:
            refusal = api.renamed(error)
            self._exchanges.refused(request_id, refusal)
            await api.error_response(refusal, request_id)(scope, receive, send)
            return
        if request.stream:
            answer = EventStream(
                items,
                request_id,
                ping_seconds=self._settings.ping_seconds,
                client_seconds=self._settings.client_timeout_seconds,
                stream_format=api,
            )
            await answer(scope, receive, send)
        else:
            await _answer_whole(items, request_id, api, scope, receive, send)


def _with_headers(api: ApiFormat, send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(api.headers)
        await send(message)

    return send_with_headers


async def _answer_whole(
    items: Items, request_id: str, api: ApiFormat, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send the answer in one piece, unless the client leaves before it is whole."""

    async def work() -> None:
        async with aclosing(items):
            headers = {**await anext(items), **dict.fromkeys(api.id_headers, request_id)}
            async for event in items:
                api.add(dict(event))
        await Response(to_json(api.answer), 200, headers, "application/json")(scope, receive, send)

    try:
        await unless_client_leaves(work(), receive)
    except ApiError as error:
        await api.error_response(error, request_id)(scope, receive, send)
