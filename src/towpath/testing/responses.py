"""How an answer travels: as server-sent events, as one JSON object, or as an HTTP error.

It must not know which answer was chosen, or what else was received.
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Send

from towpath.testing.script import Failure, Json, Reply
from towpath.testing.stream import events, message

_PROCESS = secrets.token_hex(6)
_numbers = itertools.count(1)


def new_id(prefix: str) -> str:
    """An id that no other server has, in this process or another: ``toolu_``, ``msg_``, ``req_``."""
    return f"{prefix}{_PROCESS}{next(_numbers):06}"


def server_sent(event: Json) -> bytes:
    """The event as the API sends it."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def as_asked(model: str) -> str:
    """The API calls a model by the id that it was asked for."""
    return model


@dataclass(frozen=True)
class Wire:
    """How answers travel from an endpoint. The defaults are the API's own.

    ``id_mark`` is in the ids of messages and calls: ``msg_bdrk_``. ``model_id`` turns the id that was asked
    for into the one that the answer has.
    """

    frame: Callable[[Json], bytes] = server_sent
    media_type: str = "text/event-stream"
    has_ping: bool = True
    id_mark: str = ""
    request_id_header: str = "request-id"
    model_id: Callable[[str], str] = as_asked


OF_THE_API = Wire()


async def replied(reply: Reply, body: Json, wire: Wire = OF_THE_API) -> Response:
    """The response to ``body``; the reply's delay is over when it is returned."""
    await asyncio.sleep(reply.delay_seconds)
    reply = replace(reply, content=tuple(_as_called(block, wire) for block in reply.content))
    model, message_id = wire.model_id(str(body.get("model"))), new_id(f"msg_{wire.id_mark}")
    headers = {wire.request_id_header: new_id("req_"), **reply.headers}
    if not body.get("stream"):
        return JSONResponse(message(reply, message_id=message_id, model=model, body=body), headers=headers)
    sent = events(reply, message_id=message_id, model=model, body=body)
    frames = [wire.frame(event) for event in (_with_ping(sent) if wire.has_ping else sent)]
    kind = StreamingResponse if reply.cut_after_events is None else CutResponse
    return kind(_paced(frames, reply.pause_seconds), headers=headers, media_type=wire.media_type)


def _as_called(block: Json, wire: Wire) -> Json:
    """A call as the API gives it out: with an id, and a word on who calls."""
    if block["type"] != "tool_use":
        return block
    return {"type": "tool_use", "id": new_id(f"toolu_{wire.id_mark}"), "caller": {"type": "direct"}, **block}


def _with_ping(sent: list[Json]) -> list[Json]:
    """The events with one ping where the real API has it: after the first block's start."""
    places = (place for place, event in enumerate(sent, 1) if event["type"] == "content_block_start")
    place = next(places, None)
    return [*sent[:place], {"type": "ping"}, *sent[place:]] if place else sent


async def _paced(frames: list[bytes], pause_seconds: float) -> AsyncIterator[bytes]:
    for number, frame in enumerate(frames):
        if number:
            await asyncio.sleep(pause_seconds)
        yield frame


class CutResponse(StreamingResponse):
    """A stream whose end is never sent: the server then closes the connection without the last chunk."""

    async def stream_response(self, send: Send) -> None:
        async def send_but_the_end(part: Message) -> None:
            if part.get("more_body", True):
                await send(part)

        await super().stream_response(send_but_the_end)


def failed(failure: Failure) -> Response:
    """The error in the API's envelope, with its id in the body and the header, as the API has it."""
    error = {"type": failure.type, "message": failure.message}
    return JSONResponse(
        {"type": "error", "error": error, "request_id": failure.request_id},
        status_code=failure.status,
        headers={"request-id": failure.request_id, **failure.headers},
    )
