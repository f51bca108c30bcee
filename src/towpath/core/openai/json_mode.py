"""An answer that is a JSON object, without a schema (``json_object`` of OpenAI's APIs). Pure.

The Messages API's own format needs a schema that names every field. But the input of a call is an object,
whatever its fields: so the model gets a tool for its answer and must call one, and its call is shown as text.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.to_json import Json

_NAME = "answer_in_json"
_TOOL: Mapping[str, Any] = {
    "description": "Gives your answer to the user. The input of this tool is the whole answer: one JSON "
    "object, with the fields that the conversation asks for.",
    "input_schema": {"type": "object", "additionalProperties": True},
}


def ask_for_object(request: Json) -> str | None:
    """Let the model answer with an object, or call one of the client's tools if it may.

    Returns the name of the tool for the answer. None: it must call one of the client's, so it cannot answer.
    """
    tools, choice = request.get("tools", []), request.get("tool_choice", {"type": "auto"})
    if choice["type"] in ("any", "tool"):
        return None
    name = _NAME
    while any(tool["name"] == name for tool in tools):
        name += "_"
    request["tools"] = [*tools, {"name": name, **_TOOL}]
    if tools and choice["type"] == "auto":
        request["tool_choice"] = {**choice, "type": "any"}
    else:
        request["tool_choice"] = {"type": "tool", "name": name, "disable_parallel_tool_use": True}
    return name


class ObjectAsText:
    """Takes the events of an answer, gives them with the first call of that tool as text.

    Nothing else is shown as text then: with prose beside it the whole would be no JSON. Raises ApiError (502)
    at the end of an answer that is nothing but prose, which the API does not give.
    """

    def __init__(self, tool: str | None) -> None:
        self._tool = tool
        self._answer: int | None = None  # the index of its block
        self._input: Any = None
        self._has_pieces = False
        self._hidden: set[int] = set()
        self._has_calls = False

    def events(self, event: Event) -> list[Event]:
        if self._tool is None:
            return [event]
        if event["type"] == "content_block_start":
            return self._begin(event)
        if "index" in event:
            return [] if event["index"] in self._hidden else self._go_on(event)
        if event["type"] == "message_delta" and not self._has_calls:
            return [self._ended(event)]
        return [event]

    def _begin(self, event: Event) -> list[Event]:
        block, index = event["content_block"], event["index"]
        is_answer = block["type"] == "tool_use" and block["name"] == self._tool
        if is_answer and self._answer is None:
            self._answer, self._input = index, block.get("input")
            return [self._numbered({**event, "content_block": {"type": "text", "text": ""}})]
        if is_answer or block["type"] == "text":
            self._hidden.add(index)
            return []
        self._has_calls = self._has_calls or block["type"] == "tool_use"
        return [self._numbered(event)]

    def _go_on(self, event: Event) -> list[Event]:
        if event["index"] != self._answer:
            return [self._numbered(event)]
        if event["type"] == "content_block_delta":
            piece = event["delta"].get("partial_json")
            self._has_pieces = self._has_pieces or bool(piece)
            return [self._text(piece)] if piece else []
        whole = orjson.dumps(self._input or {}).decode()
        return [*([] if self._has_pieces else [self._text(whole)]), self._numbered(event)]

    def _ended(self, event: Event) -> Event:
        delta = event["delta"]
        if delta.get("stop_reason") == "tool_use":
            return {**event, "delta": {**delta, "stop_reason": "end_turn"}}
        if delta.get("stop_reason") in ("end_turn", "stop_sequence") and self._answer is None:
            raise ApiError(502, "The model answered in prose, not in JSON. Ask again, or use json_schema.")
        return event

    def _text(self, text: str) -> Event:
        delta = {"type": "text_delta", "text": text}
        return self._numbered({"type": "content_block_delta", "index": self._answer, "delta": delta})

    def _numbered(self, event: Event) -> Event:
        """The event of a block with its index among those that are shown."""
        return {**event, "index": event["index"] - sum(hidden < event["index"] for hidden in self._hidden)}
