"""POST /v1/messages: an exchange whose answer is a stream or one message."""

from contextlib import aclosing

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.core.events import MessageFold
from towpath.core.to_json import to_json
from towpath.server.errors import error_response, new_request_id
from towpath.server.exchange.exchanges import Exchanges
from towpath.server.http.body import receive_body
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.http.streaming import EventStream, Items
from towpath.settings import Settings


class MessagesEndpoint:
    """The ASGI application behind the route."""

    def __init__(self, settings: Settings, exchanges: Exchanges) -> None:
        self._settings = settings
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_request_id()
        headers = Headers(scope=scope)
        try:
            body = await receive_body(scope, receive)
            request, items = await self._exchanges.begin(
                body, headers, scope["state"]["caller"], request_id, receive
            )
        except ClientDisconnect:
            return
        except ApiError as error:
            self._exchanges.refused(request_id, error)
            await error_response(error, request_id)(scope, receive, send)
            return
        if request.stream:
            answer = EventStream(
                items,
                request_id,
                ping_seconds=self._settings.ping_seconds,
                client_seconds=self._settings.client_timeout_seconds,
            )
            await answer(scope, receive, send)
        else:
            await _WholeMessage(items, request_id)(scope, receive, send)


class _WholeMessage:
    """The reply as one message: a fold of its events."""

    def __init__(self, items: Items, request_id: str) -> None:
        self._items = items
        self._request_id = request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def work() -> None:
            message = MessageFold()
            async with aclosing(self._items) as items:
                headers = {**await anext(items), "request-id": self._request_id}
                async for event in items:
                    message.add(dict(event))
            body = to_json(message.message)
            await Response(body, 200, headers, "application/json")(scope, receive, send)

        try:
            await unless_client_leaves(work(), receive)
        except ApiError as error:
            await error_response(error, self._request_id)(scope, receive, send)
