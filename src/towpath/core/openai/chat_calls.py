"""The calls of an answer as OpenAI's chat API has them: of functions, of custom tools, or of one function as
it was before tools. Pure.
"""

from collections.abc import Iterable

import orjson

from towpath.core.openai.chat_shape import Shape
from towpath.core.openai.custom_tools import RawInput
from towpath.core.openai.shared_parts import call_id
from towpath.core.to_json import Json


def calls_of(blocks: Iterable[Json], shape: Shape) -> Json:
    """The fields of a message with the calls in its blocks."""
    calls = [_call(block, shape) for block in blocks if block["type"] == "tool_use"]
    if not calls:
        return {}
    return {"function_call": calls[0]["function"]} if shape.functions else {"tool_calls": calls}


class CallDeltas:
    """The same for a stream: takes what happens to a block, gives the deltas for it."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._calls: dict[int, int] = {}  # the index of a block in the message: its index among the calls
        self._texts: dict[int, tuple[Json, RawInput]] = {}  # the blocks of custom tools, by their index

    def begin(self, index: int, block: Json) -> list[Json]:
        self._calls[index] = len(self._calls)
        if block["name"] in self._shape.custom:
            self._texts[index] = block, RawInput()
        return self._delta(index, _begun(block, self._shape))

    def go_on(self, index: int, piece: str) -> list[Json]:
        if index not in self._texts:
            return self._delta(index, {"function": {"arguments": piece}})
        return self._text(index, self._texts[index][1].add(piece))

    def end(self, index: int) -> list[Json]:
        """``index`` may be that of a block which is no call."""
        if index not in self._texts:
            return []
        block, text = self._texts.pop(index)
        return self._text(index, text.rest(block.get("input")))

    def _text(self, index: int, text: str) -> list[Json]:
        return self._delta(index, {"custom": {"input": text}}) if text else []

    def _delta(self, index: int, call: Json) -> list[Json]:
        if not self._shape.functions:
            return [{"tool_calls": [{"index": self._calls[index], **call}]}]
        return [{"function_call": call["function"]}] if self._calls[index] == 0 else []


def _begun(block: Json, shape: Shape) -> Json:
    """A call before its input is known."""
    if block["name"] in shape.custom:
        called: Json = {"type": "custom", "custom": {"name": block["name"], "input": ""}}
    else:
        called = {"type": "function", "function": {"name": block["name"], "arguments": ""}}
    return {"id": call_id(block["id"]), **called}


def _call(block: Json, shape: Shape) -> Json:
    call = _begun(block, shape)
    if call["type"] == "custom":
        call["custom"]["input"] = RawInput().rest(block["input"])
    else:
        call["function"]["arguments"] = orjson.dumps(block["input"]).decode()
    return call
