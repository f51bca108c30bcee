"""An answer of the Messages API as one of OpenAI's chat API, whole or event by event. Pure.

Thinking has no place there and is left out; it counts in the usage, as it does everywhere.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from towpath.core.events import Event
from towpath.core.openai.shared_parts import call_id
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


def chat_completion(message: Mapping[str, Any], created: int) -> Json:
    """The whole answer; ``created`` in Unix seconds."""
    blocks = message["content"]
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
    said: Json = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        said["tool_calls"] = calls
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": _finish(message["stop_reason"])}
    return {
        "id": f"chatcmpl-{message['id']}",
        "object": "chat.completion",
        "created": created,
        "model": message["model"],
        "choices": [choice],
        "usage": usage_of(message["usage"]),
    }


class ChatChunks:
    """The chunks of one streamed answer. ``include_usage``: the client wants a last one with the usage."""

    def __init__(self, created: int, *, include_usage: bool) -> None:
        self._created = created
        self._include_usage = include_usage
        self._message: Json = {}
        self._usage: Any = None
        self._calls: dict[int, int] = {}  # the index of a block in the message: its index among the calls

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
            case "message_delta":
                self._usage = merged(self._usage, event.get("usage"))
                return [self._chunk({}, _finish(event["delta"].get("stop_reason")))]
            case "message_stop" if self._include_usage:
                return [{**self._chunk({}), "choices": [], "usage": usage_of(self._usage)}]
            case _:
                return []

    def _begin(self, index: int, block: Json) -> list[Json]:
        if block["type"] == "text" and block.get("text"):
            return [self._chunk({"content": block["text"]})]
        if block["type"] != "tool_use":
            return []
        self._calls[index] = len(self._calls)
        function = {"name": block["name"], "arguments": ""}
        call = {"index": self._calls[index], "id": call_id(block["id"]), "type": "function"}
        return [self._chunk({"tool_calls": [{**call, "function": function}]})]

    def _go_on(self, index: int, delta: Json) -> list[Json]:
        if delta["type"] == "text_delta":
            return [self._chunk({"content": delta["text"]})]
        if delta["type"] == "input_json_delta":
            call = {"index": self._calls[index], "function": {"arguments": delta["partial_json"]}}
            return [self._chunk({"tool_calls": [call]})]
        return []

    def _chunk(self, delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {
            "id": f"chatcmpl-{self._message['id']}",
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._message["model"],
            "choices": [choice],
        }
        return {**chunk, "usage": None} if self._include_usage else chunk


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


def _call(block: Json) -> Json:
    arguments = orjson.dumps(block["input"]).decode()
    return {
        "id": call_id(block["id"]),
        "type": "function",
        "function": {"name": block["name"], "arguments": arguments},
    }


def _finish(stop_reason: str | None) -> str:
    return _FINISH.get(stop_reason or "", "stop")
