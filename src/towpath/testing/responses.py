"""How an answer travels: as server-sent events, as one JSON object, or as an HTTP error.

It must not know which answer was chosen, or what else was received.
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Send

from towpath.testing.script import Failure, Json, Reply
from towpath.testing.stream import events, message

_PROCESS = secrets.token_hex(6)
_numbers = itertools.count(1)


def new_id(prefix: str) -> str:
    """An id that no other server has, in this process or another: ``toolu_``, ``msg_``, ``req_``."""
    return f"{prefix}{_PROCESS}{next(_numbers):06}"


async def replied(reply: Reply, body: Json) -> Response:
    """The response to ``body``; the reply's delay is over when it is returned."""
    await asyncio.sleep(reply.delay_seconds)
    reply = replace(reply, content=tuple(_as_called(block) for block in reply.content))
    model, message_id = str(body.get("model")), new_id("msg_")
    headers = {"request-id": new_id("req_"), **reply.headers}
    if not body.get("stream"):
        return JSONResponse(message(reply, message_id=message_id, model=model, body=body), headers=headers)
    frames = _frames(events(reply, message_id=message_id, model=model, body=body))
    kind = StreamingResponse if reply.cut_after_events is None else CutResponse
    return kind(_paced(frames, reply.pause_seconds), headers=headers, media_type="text/event-stream")


def _as_called(block: Json) -> Json:
    """A call as the API gives it out: with an id, and a word on who calls."""
    if block["type"] != "tool_use":
        return block
    return {"type": "tool_use", "id": new_id("toolu_"), "caller": {"type": "direct"}, **block}


def _frames(sent: list[Json]) -> list[bytes]:
    """The events as bytes, with one ping where the real API has it: after the first block's start."""
    places = (place for place, event in enumerate(sent, 1) if event["type"] == "content_block_start")
    if place := next(places, None):
        sent = [*sent[:place], {"type": "ping"}, *sent[place:]]
    return [
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in sent
    ]


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
