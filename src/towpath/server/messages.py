"""POST /v1/messages: a request becomes an exchange, and its reply a stream or one message."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from towpath.core.agents import tool_for_agents
from towpath.core.body import MAX_BODY_BYTES
from towpath.core.canonical import Tip, tips
from towpath.core.errors import ApiError
from towpath.core.events import MessageFold
from towpath.core.launch import Launch, launch_of
from towpath.core.memo import MessageMemo
from towpath.core.mode import HEADER, Mode, check_internal, mode_of
from towpath.core.request import MessagesRequest, parse_request
from towpath.core.workdir import named_directory
from towpath.server.errors import error_response, new_request_id
from towpath.server.record import ExchangeRecord, Observer, log
from towpath.server.recording import Recorder
from towpath.server.sse import EventStream, Items, unless_client_leaves
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher, Reply
from towpath.settings import Settings

# Measured: reading so much takes 0.4 ms, 2.2 ms if all of it is new, and a thread costs 0.1 ms.
_LARGE_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Asked:
    """A request with what it needs: its launch, and the tips of its conversation."""

    request: MessagesRequest
    launch: Launch
    tips: Sequence[Tip]
    cpu_seconds: float  # what it took to find all that out


class MessagesEndpoint:
    """The ASGI application behind the route. ``empty_folder``: where a model works that was told no place."""

    def __init__(
        self,
        settings: Settings,
        dispatcher: Dispatcher,
        admission: Admission,
        empty_folder: Path,
        observers: Sequence[Observer],
    ) -> None:
        self._settings = settings
        self._dispatcher = dispatcher
        self._admission = admission
        self._empty_folder = empty_folder
        self._observers = observers
        self._recorder = _recorder(settings)
        self._started_in = Path.cwd()
        self._memo = MessageMemo()
        self._large_one = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_request_id()
        headers = Headers(scope=scope)
        try:
            body = await _read_body(Request(scope, receive), headers)
            asked = await self._read(body, headers, scope["state"]["caller"])
        except ClientDisconnect:
            return
        except ApiError as error:
            log.info("refused", request_id=request_id, status=error.status, type=error.type)
            await error_response(error, request_id)(scope, receive, send)
            return
        items = self._exchange(asked, request_id)
        if self._recorder:
            items = self._recorder.recorded(items, request_id, headers, body)
        if asked.request.stream:
            answer = EventStream(
                items,
                request_id,
                ping_seconds=self._settings.ping_seconds,
                client_seconds=self._settings.client_timeout_seconds,
            )
            await answer(scope, receive, send)
        else:
            await _WholeMessage(items, request_id)(scope, receive, send)

    async def _read(self, body: bytes, headers: Headers, caller: str) -> _Asked:
        """What a body asks for. A large one is read beside the event loop: 5 MB that are new take 50 ms.

        One at a time: values can take 20 times what they take as JSON.
        """
        if len(body) <= _LARGE_BYTES:
            return self._asked(body, headers, caller)
        async with self._large_one:
            return await asyncio.to_thread(self._asked, body, headers, caller)

    def _asked(self, body: bytes, headers: Headers, caller: str) -> _Asked:
        before = time.thread_time()
        request = parse_request(body, self._memo, self._settings.transient_texts)
        launch = self._launch(request, headers, caller)
        digests = tips(launch.key, request.digests)
        return _Asked(request, launch, digests, time.thread_time() - before)

    async def _exchange(self, asked: _Asked, request_id: str) -> Items:
        """The exchange, from its place in the queue to its last event, with one log line at its end."""
        messages = asked.request.messages
        bind_contextvars(request_id=request_id)
        record = ExchangeRecord(request_id, asked.launch, len(messages), asked.cpu_seconds)
        try:
            async with self._admission.enter(answers=self._dispatcher.is_awaited(messages, asked.tips)):
                record.started()
                reply = await self._dispatcher.reply(asked.launch, messages, asked.tips)
                record.opened(reply)
                async with aclosing(reply.rest) as rest:
                    yield _headers(reply, asked.request.transient, record.phases)
                    record.saw(reply.first)
                    yield reply.first
                    async for event in rest:
                        record.saw(event)
                        yield event
        except ApiError as error:
            record.failed(error)
            raise
        except Exception as error:
            log.exception("exchange failed")
            raise ApiError(500, f"{type(error).__name__} in towpath; its log says more") from error
        finally:
            for observe in self._observers:
                observe(record)

    def _launch(self, request: MessagesRequest, headers: Headers, caller: str) -> Launch:
        settings = self._settings
        mode = mode_of(headers.get(HEADER), settings.mode, allows_internal=settings.allow_internal)
        if mode is Mode.INTERNAL:
            check_internal(request)
        named = ",".join(headers.getlist("anthropic-beta"))
        launch = launch_of(
            request,
            cwd=str(self._working_directory(request, mode)),
            betas=[beta.strip() for beta in named.split(",") if beta.strip()],
            caller=caller,
            mode=mode,
        )
        if mode is Mode.INTERNAL and not launch.agents and (tool := tool_for_agents(request.tools)):
            log.info("no agents found in the description of a tool", tool=tool)
        return launch

    def _working_directory(self, request: MessagesRequest, mode: Mode) -> Path:
        if self._settings.workdir:
            return self._settings.workdir
        if mode is Mode.INTERNAL:
            return self._started_in
        named = named_directory("\n".join(request.system))
        if named and Path(named).is_dir():
            return Path(named)
        return self._empty_folder


def _recorder(settings: Settings) -> Recorder | None:
    return Recorder(settings.record, with_content=settings.record_content) if settings.record else None


def _headers(reply: Reply, transient: int, phases: Mapping[str, float]) -> dict[str, str]:
    return {
        "server-timing": ", ".join(f"{name};dur={phases[name]}" for name in phases),
        "x-towpath-way": reply.way,
        "x-towpath-reason": reply.reason.encode("ascii", "replace").decode(),
        "x-towpath-session": str(reply.session),
        "x-towpath-transient-texts": str(transient),
    }


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
            body = orjson.dumps(message.message)
            await Response(body, 200, headers, "application/json")(scope, receive, send)

        try:
            await unless_client_leaves(work(), receive)
        except ApiError as error:
            await error_response(error, self._request_id)(scope, receive, send)


async def _read_body(request: Request, headers: Headers) -> bytes:
    """The body, read no further than its limit."""
    expected, length, parts = int(headers.get("content-length") or 0), 0, []
    async for part in request.stream():
        length += len(part)
        if max(length, expected) > MAX_BODY_BYTES:
            raise ApiError(413, f"Request exceeds the maximum size of {MAX_BODY_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)
