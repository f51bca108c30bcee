"""POST /v1/chat/completions: OpenAI's chat API, translated to and from an exchange of the Messages API."""

import time
from contextlib import aclosing

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from towpath.core.chat_answer import ChatChunks, chat_completion
from towpath.core.chat_messages import error_body
from towpath.core.chat_request import messages_request, wants_usage
from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.server.errors import new_request_id
from towpath.server.exchanges import Exchanges
from towpath.server.messages import read_body
from towpath.server.record import log
from towpath.server.sse import EventStream, Items, unless_client_leaves
from towpath.settings import Settings


class ChatEndpoint:
    """The ASGI application behind the route."""

    def __init__(self, settings: Settings, exchanges: Exchanges) -> None:
        self._settings = settings
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, headers = new_request_id(), Headers(scope=scope)
        try:
            body = await read_body(Request(scope, receive), headers)
            translated = _translated(body)
            request, items = await self._exchanges.begin(
                translated, headers, scope["state"]["caller"], request_id
            )
        except ClientDisconnect:
            return
        except ApiError as error:
            log.info("refused", request_id=request_id, status=error.status, type=error.type)
            await _refusal(error, request_id)(scope, receive, send)
            return
        if request.stream:
            answer = EventStream(
                items,
                request_id,
                ping_seconds=self._settings.ping_seconds,
                client_seconds=self._settings.client_timeout_seconds,
                wire=_ChatWire(include_usage=wants_usage(body)),
            )
            await answer(scope, receive, send)
            return
        try:
            await unless_client_leaves(_answer_whole(items, request_id, scope, receive, send), receive)
        except ApiError as error:
            await _refusal(error, request_id)(scope, receive, send)


class _ChatWire:
    """As OpenAI's API has it: data lines alone, and a word at the end."""

    ping = b": ping\n\n"  # a comment: that API has no such event
    end = b"data: [DONE]\n\n"

    def __init__(self, *, include_usage: bool) -> None:
        self._chunks = ChatChunks(int(time.time()), include_usage=include_usage)

    def event(self, event: Event) -> bytes:
        return b"".join(b"data: %s\n\n" % orjson.dumps(chunk) for chunk in self._chunks.add(event))

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return b"data: %s\n\n" % orjson.dumps(error_body(error))

    def refusal(self, error: ApiError, request_id: str) -> Response:
        return _refusal(error, request_id)


def _translated(body: bytes) -> bytes:
    try:
        return orjson.dumps(messages_request(orjson.loads(body)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error


def _refusal(error: ApiError, request_id: str) -> Response:
    headers = {**error.headers, "request-id": request_id, "x-request-id": request_id}
    return Response(orjson.dumps(error_body(error)), error.status, headers, "application/json")


async def _answer_whole(items: Items, request_id: str, scope: Scope, receive: Receive, send: Send) -> None:
    message = MessageFold()
    async with aclosing(items):
        headers = {**await anext(items), "request-id": request_id, "x-request-id": request_id}
        async for event in items:
            message.add(dict(event))
    body = orjson.dumps(chat_completion(message.message, int(time.time())))
    await Response(body, 200, headers, "application/json")(scope, receive, send)
