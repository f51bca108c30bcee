"""An answer of the Messages API as one of OpenAI's chat API, whole or event by event. Pure.

Thinking has no place in OpenAI's own. A client that asks for reasoning gets it as ``reasoning_content``, as
from other servers of that API; it counts in the usage in any case.
"""

from collections.abc import Mapping
from typing import Any

from towpath.core.events import Event
from towpath.core.openai.chat_calls import CallDeltas, calls_of
from towpath.core.openai.chat_shape import PLAIN, Shape
from towpath.core.to_json import Json
from towpath.core.usage import TOKENS, count, merged

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def chat_completion(message: Mapping[str, Any], created: int, shape: Shape = PLAIN) -> Json:
    """The whole answer; ``created`` in Unix seconds."""
    blocks = message["content"]
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    thoughts = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
    said: Json = {"role": "assistant", "content": text or None, "refusal": None}
    if thoughts and shape.reasoning:
        said["reasoning_content"] = thoughts
    said |= calls_of(blocks, shape)
    finish = _finish(message["stop_reason"], shape)
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": finish}
    return {
        "id": f"chatcmpl-{message['id']}",
        "object": "chat.completion",
        "created": created,
        "model": message["model"],
        "choices": [choice],
        "usage": usage_of(message["usage"]),
    }


class ChatChunks:
    """The chunks of one streamed answer."""

    def __init__(self, created: int, shape: Shape) -> None:
        self._created = created
        self._shape = shape
        self._message: Json = {}
        self._usage: Any = None
        self._calls = CallDeltas(shape)

    def add(self, event: Event) -> list[Json]:
        """The chunks to send for the next event."""
        match event["type"]:
            case "message_start":
                self._message = event["message"]
                self._usage = event["message"].get("usage")
                return [self._chunk({"role": "assistant", "content": ""})]
            case "content_block_start":
                return self._begin(event["index"], event["content_block"])
            case "content_block_delta":
                return self._go_on(event["index"], event["delta"])
            case "content_block_stop":
                return self._chunks(self._calls.end(event["index"]))
            case "message_delta":
                self._usage = merged(self._usage, event.get("usage"))
                return [self._chunk({}, _finish(event["delta"].get("stop_reason"), self._shape))]
            case "message_stop" if self._shape.usage:
                return [{**self._chunk({}), "choices": [], "usage": usage_of(self._usage)}]
            case _:
                return []

    def _begin(self, index: int, block: Json) -> list[Json]:
        if block["type"] == "tool_use":
            return self._chunks(self._calls.begin(index, block))
        return self._said(block)

    def _go_on(self, index: int, delta: Json) -> list[Json]:
        if delta["type"] == "input_json_delta":
            return self._chunks(self._calls.go_on(index, delta["partial_json"]))
        return self._said(delta)

    def _said(self, part: Json) -> list[Json]:
        """The chunk for what the model said or thought, in a block or a delta."""
        if text := part.get("text"):
            return [self._chunk({"content": text})]
        if self._shape.reasoning and (thought := part.get("thinking")):
            return [self._chunk({"reasoning_content": thought})]
        return []

    def _chunks(self, deltas: list[Json]) -> list[Json]:
        return [self._chunk(delta) for delta in deltas]

    def _chunk(self, delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {
            "id": f"chatcmpl-{self._message['id']}",
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._message["model"],
            "choices": [choice],
        }
        return {**chunk, "usage": None} if self._shape.usage else chunk


def usage_of(usage: Any) -> Json:
    """The usage in OpenAI's words: there, cached tokens are a part of the prompt's."""
    fresh, cached, written, completion = (count(usage, kind) for kind in TOKENS)
    prompt = fresh + cached + written
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _finish(stop_reason: str | None, shape: Shape) -> str:
    if stop_reason == "tool_use" and shape.functions:
        return "function_call"
    return _FINISH.get(stop_reason or "", "stop")
