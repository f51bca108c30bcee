"""An answer of the Messages API as one of OpenAI's Responses API: its events, and their sum. Pure.

An item counts as done when the next one begins or the message ends: only then is it known whether it was cut.
"""

from typing import Any

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.openai import thinking as reasoning
from towpath.core.openai.chat_answer import usage_of
from towpath.core.openai.responses_items import (
    Call,
    CustomCall,
    EventList,
    OutputItem,
    Search,
    Text,
    Thinking,
)
from towpath.core.openai.tool_names import ToolNames
from towpath.core.openai.web_search import CALL, NAME
from towpath.core.to_json import Json
from towpath.core.usage import count, merged

_CUT = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
}
_CODES = {"rate_limit_error": "rate_limit_exceeded", "invalid_request_error": "invalid_prompt"}


class ResponseFold:
    """Takes the events of a message, gives those of a response. ``response`` is what they describe so far.

    ``created`` in Unix seconds; ``repeated`` are the request's fields that the answer repeats.
    ``names``: those of the request's tools. ``shows_thinking``: as summaries of the reasoning items.
    """

    def __init__(
        self, response_id: str, created: int, repeated: Json, names: ToolNames, *, shows_thinking: bool
    ) -> None:
        self.response: Json = {
            "id": response_id,
            "object": "response",
            "created_at": created,
            "status": "in_progress",
            **repeated,
            "error": None,
            "incomplete_details": None,
            "output": [],
            "usage": None,
        }
        self._names = names
        self._shows_thinking = shows_thinking
        self._message_id = ""
        self._usage: Any = None
        self._items: dict[int, OutputItem] = {}  # by the index of the block in the message
        self._open: OutputItem | None = None
        self._stop_reason: str | None = None
        self._number = 0

    def add(self, event: Event) -> list[Json]:
        """The events to send for the next event."""
        match event["type"]:
            case "message_start":
                return self._events(self._start(event["message"]))
            case "content_block_start":
                ended = self._end_item("completed")
                return self._events([*ended, *self._begin_item(event["index"], event["content_block"])])
            case "content_block_delta" if item := self._items.get(event["index"]):
                return self._events(item.add(event["delta"]))
            case "message_delta":
                self._stop_reason = event["delta"].get("stop_reason")
                self._usage = merged(self._usage, event.get("usage"))
                return self._events(
                    self._end_item("incomplete" if self._stop_reason in _CUT else "completed")
                )
            case "message_stop":
                return self._events(self._finish())
            case _:
                return []

    def fail(self, error: ApiError) -> list[Json]:
        """The end of a stream that broke: an event of its own, which SDKs raise, and a failed response."""
        code = _CODES.get(error.type, "server_error")
        told = {"code": code, "message": error.message, "param": None}
        self._end_item("incomplete")
        self.response.update(status="failed", error={"code": code, "message": error.message})
        # OpenAI describes the words of the first event as its own fields and sends them in an `error` object;
        # its SDKs look for that object.
        return self._events(
            [
                ("error", {**told, "error": {"type": error.type, **told}}),
                ("response.failed", {"response": dict(self.response)}),
            ]
        )

    def _start(self, message: Json) -> EventList:
        self._message_id = message["id"]
        self._usage = message.get("usage")
        self.response["model"] = message["model"]
        return [
            (name, {"response": {**self.response, "output": []}})
            for name in ("response.created", "response.in_progress")
        ]

    def _begin_item(self, index: int, block: Json) -> EventList:
        item = self._item(block, f"{self._message_id}_{index}", len(self._items))
        if item is None:
            return []
        self._items[index] = self._open = item
        return item.begin()

    def _item(self, block: Json, name: str, place: int) -> OutputItem | None:
        if block["type"] == "text":
            return Text(name, block, place)
        if block["type"] == "tool_use":
            tool = self._names.own(block["name"])
            return CustomCall(block, tool, place) if tool.is_custom else Call(block, tool, place)
        if block["type"] == CALL and block.get("name") == NAME:
            return Search(block, place)
        if block["type"] in reasoning.TYPES:
            return Thinking(f"rs_{name}", block, place, shown=self._shows_thinking)
        return None

    def _end_item(self, status: str) -> EventList:
        item, self._open = self._open, None
        if item is None:
            return []
        told = item.end(status)
        self.response["output"].append(item.item)
        return told

    def _finish(self) -> EventList:
        reason = _CUT.get(self._stop_reason or "")
        self.response["status"] = "incomplete" if reason else "completed"
        self.response["incomplete_details"] = {"reason": reason} if reason else None
        self.response["usage"] = response_usage(self._usage)
        return [(f"response.{self.response['status']}", {"response": dict(self.response)})]

    def _events(self, told: EventList) -> list[Json]:
        first, self._number = self._number, self._number + len(told)
        return [
            {"type": name, "sequence_number": number, **fields}
            for number, (name, fields) in enumerate(told, first)
        ]


def response_usage(usage: Any) -> Json:
    """The usage in this API's words."""
    chat = usage_of(usage)
    thought = count(usage, "output_tokens_details", "thinking_tokens")
    written = count(usage, "cache_creation_input_tokens")
    return {
        "input_tokens": chat["prompt_tokens"],
        "input_tokens_details": {**chat["prompt_tokens_details"], "cache_write_tokens": written},
        "output_tokens": chat["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": chat["total_tokens"],
    }
