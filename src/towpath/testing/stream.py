"""What an answer looks like on the wire: the API's stream events, or the same as one message.

Pure. The order and the fields are those of recorded streams of the real API: a text or thinking grows
by deltas, a tool's input is JSON in pieces of which the first is empty, a signature comes whole and
last, and every other block stands complete in its start. It must not know what is answered or why.
"""

import json
from collections.abc import Iterator
from typing import Any

from towpath.testing.script import Json, Reply

# Their input is written by the model, so it arrives in pieces.
CALL_TYPES = ("tool_use", "server_tool_use", "mcp_tool_use")


def events(reply: Reply, *, message_id: str, model: str, body: Json) -> list[Json]:
    """All events of the answer to ``body``, in order and without pings.

    A reply that is to be cut or to fail has only the events up to there, and its ``error`` event.
    """
    usage = _usage(reply, body)
    ending = {"stop_reason": _stop_reason(reply), "stop_sequence": reply.stop_sequence}
    whole = [
        {"type": "message_start", "message": _empty_message(message_id, model, usage)},
        *(event for index, block in enumerate(reply.content) for event in _block_events(index, block, reply)),
        {"type": "message_delta", "delta": ending, "usage": usage},
        {"type": "message_stop"},
    ]
    if reply.error_after_events is not None:
        count, error = reply.error_after_events
        whole = [*whole[:count], {"type": "error", "error": error}]
    return whole[: reply.cut_after_events]


def message(reply: Reply, *, message_id: str, model: str, body: Json) -> Json:
    """The answer as one JSON object, for a request that does not stream."""
    usage = _usage(reply, body)
    return {
        **_empty_message(message_id, model, usage),
        "content": list(reply.content),
        "stop_reason": _stop_reason(reply),
        "stop_sequence": reply.stop_sequence,
        "usage": {**_first_usage(usage), "output_tokens": usage["output_tokens"]},
    }


def estimated_tokens(value: Any) -> int:
    """About four characters of JSON to a token, and never none: clients divide by these figures."""
    return max(1, len(json.dumps(value, ensure_ascii=False)) // 4)


def _block_events(index: int, block: Json, reply: Reply) -> Iterator[Json]:
    yield {"type": "content_block_start", "index": index, "content_block": _opened(block)}
    for delta in _deltas(block, reply.chunk_chars):
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _opened(block: Json) -> Json:
    """The block as its start shows it: without all that the deltas will bring."""
    if block["type"] == "text":
        cited: Json = {"citations": []} if "citations" in block else {}
        return {**block, **cited, "text": ""}
    if block["type"] == "thinking":
        return {**block, "thinking": "", "signature": ""}
    if block["type"] in CALL_TYPES:
        return {**block, "input": {}}
    return block


def _deltas(block: Json, size: int) -> Iterator[Json]:
    if block["type"] == "text":
        for citation in block.get("citations", ()):
            yield {"type": "citations_delta", "citation": citation}
        for piece in _pieces(block["text"], size):
            yield {"type": "text_delta", "text": piece}
    elif block["type"] == "thinking":
        for piece in _pieces(block["thinking"], size):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block.get("signature", "")}
    elif block["type"] in CALL_TYPES:
        written = json.dumps(block["input"], ensure_ascii=False)
        for piece in ("", *_pieces(written, size)):
            yield {"type": "input_json_delta", "partial_json": piece}


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _stop_reason(reply: Reply) -> str:
    if reply.stop_reason is not None:
        return reply.stop_reason
    return "tool_use" if any(block["type"] == "tool_use" for block in reply.content) else "end_turn"


def _usage(reply: Reply, body: Json) -> Json:
    """The final, cumulative figures, in tokens."""
    return {
        "input_tokens": estimated_tokens(body),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": estimated_tokens(reply.content),
        **reply.usage,
    }


def _first_usage(usage: Json) -> Json:
    """The figures as ``message_start`` has them: one token is out, and some say more than at the end."""
    created = {
        "ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"],
        "ephemeral_1h_input_tokens": 0,
    }
    more = {"cache_creation": created, "service_tier": "standard", "inference_geo": "not_available"}
    return {**more, **usage, "output_tokens": min(1, usage["output_tokens"])}


def _empty_message(message_id: str, model: str, usage: Json) -> Json:
    return {
        "model": model,
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _first_usage(usage),
    }
