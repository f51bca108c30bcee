"""Blocks of an answer as output items of OpenAI's Responses API, and the events that report them. Pure.

An item is reported in three steps: ``begin``, ``add`` for each delta, ``end``. Each gives events, as pairs of
their type and fields.
"""

from typing import Any

import orjson

from towpath.core.openai import thinking as reasoning
from towpath.core.openai.custom_tools import RawInput
from towpath.core.openai.shared_parts import call_id
from towpath.core.openai.tool_names import OwnTool
from towpath.core.openai.web_search import url_citation
from towpath.core.to_json import Json

EventList = list[tuple[str, Json]]


class OutputItem:
    """One item. ``item`` is what is known of it, whole after ``end``."""

    def __init__(self, item: Json, index: int) -> None:
        self.item = {**item, "status": "in_progress"}
        self._index = index

    def begin(self) -> EventList:
        return [("response.output_item.added", {"output_index": self._index, "item": dict(self.item)})]

    def add(self, delta: Json) -> EventList:
        raise NotImplementedError

    def end(self, status: str) -> EventList:
        """``status``: completed, or incomplete for one that was cut."""
        last = self._finish()
        self.item["status"] = status
        return [*last, ("response.output_item.done", {"output_index": self._index, "item": dict(self.item)})]

    def _finish(self) -> EventList:
        raise NotImplementedError

    def _place(self, **more: Any) -> Json:
        return {"item_id": self.item["id"], "output_index": self._index, **more}


class Text(OutputItem):
    """A block of text: a message with one part."""

    def __init__(self, item_id: str, block: Json, index: int) -> None:
        super().__init__({"id": item_id, "type": "message", "role": "assistant", "content": []}, index)
        self._first = block.get("text") or ""
        self._pieces: list[str] = []
        self._citations: list[Json] = [*(block.get("citations") or [])]

    def begin(self) -> EventList:
        part = {"part": _text_part(""), **self._place(content_index=0)}
        return [*super().begin(), ("response.content_part.added", part), *self._said(self._first)]

    def add(self, delta: Json) -> EventList:
        if delta["type"] == "citations_delta":
            self._citations.append(delta["citation"])
        return self._said(delta["text"]) if delta["type"] == "text_delta" else []

    def _said(self, text: str) -> EventList:
        if not text:
            return []
        self._pieces.append(text)
        fields = {"delta": text, "logprobs": [], **self._place(content_index=0)}
        return [("response.output_text.delta", fields)]

    def _finish(self) -> EventList:
        text, place = "".join(self._pieces), self._place(content_index=0)
        cited = [made for each in self._citations if (made := url_citation(each, text))]
        part = _text_part(text, *cited)
        self.item["content"] = [part]
        return [
            *(
                (
                    "response.output_text.annotation.added",
                    {"annotation": made, "annotation_index": nth, **place},
                )
                for nth, made in enumerate(cited)
            ),
            ("response.output_text.done", {"text": text, "logprobs": [], **place}),
            ("response.content_part.done", {"part": part, **place}),
        ]


class Search(OutputItem):
    """A search of the web that the API itself made: its query."""

    def __init__(self, block: Json, index: int) -> None:
        item = {"id": f"ws_{block['id']}", "type": "web_search_call", "action": _search(block.get("input"))}
        super().__init__(item, index)
        self._pieces: list[str] = []

    def begin(self) -> EventList:
        return [*super().begin(), *self._now("in_progress"), *self._now("searching")]

    def add(self, delta: Json) -> EventList:
        if delta["type"] == "input_json_delta":
            self._pieces.append(delta["partial_json"])
        return []

    def _finish(self) -> EventList:
        self.item["action"] = self._action()
        return self._now("completed")

    def _action(self) -> Json:
        try:
            return _search(orjson.loads("".join(self._pieces)))
        except orjson.JSONDecodeError:  # it was cut, or whole from the beginning
            return dict(self.item["action"])

    def _now(self, state: str) -> EventList:
        return [(f"response.web_search_call.{state}", self._place())]


def _search(given: Any) -> Json:
    query = given.get("query") if isinstance(given, dict) else None
    return {"type": "search", "query": query if isinstance(query, str) else ""}


class Call(OutputItem):
    """A call of a function. One that was cut has the arguments that came before."""

    def __init__(self, block: Json, tool: OwnTool, index: int) -> None:
        super().__init__({**_called("fc", "function_call", block, tool), "arguments": ""}, index)
        self._whole = orjson.dumps(block.get("input") or {}).decode()
        self._pieces: list[str] = []

    def add(self, delta: Json) -> EventList:
        if delta["type"] != "input_json_delta" or not delta["partial_json"]:
            return []
        self._pieces.append(delta["partial_json"])
        fields = {"delta": delta["partial_json"], **self._place()}
        return [("response.function_call_arguments.delta", fields)]

    def _finish(self) -> EventList:
        self.item["arguments"] = "".join(self._pieces) or self._whole
        fields = {"arguments": self.item["arguments"], **self._place()}
        return [("response.function_call_arguments.done", fields)]


class CustomCall(OutputItem):
    """A call of a custom tool: its text. One that was cut has the text that came before."""

    def __init__(self, block: Json, tool: OwnTool, index: int) -> None:
        super().__init__({**_called("ctc", "custom_tool_call", block, tool), "input": ""}, index)
        self._given = block.get("input")
        self._raw = RawInput()
        self._pieces: list[str] = []

    def add(self, delta: Json) -> EventList:
        return (
            self._grown(self._raw.add(delta["partial_json"])) if delta["type"] == "input_json_delta" else []
        )

    def _grown(self, text: str) -> EventList:
        if not text:
            return []
        self._pieces.append(text)
        return [("response.custom_tool_call_input.delta", {"delta": text, **self._place()})]

    def _finish(self) -> EventList:
        last = self._grown(self._raw.rest(self._given))
        self.item["input"] = "".join(self._pieces)
        done = {"input": self.item["input"], **self._place()}
        return [*last, ("response.custom_tool_call_input.done", done)]


def _called(prefix: str, kind: str, block: Json, tool: OwnTool) -> Json:
    item = {"id": f"{prefix}_{block['id']}", "type": kind, "call_id": call_id(block["id"]), "name": tool.name}
    return {**item, "namespace": tool.namespace} if tool.namespace else item


class Thinking(OutputItem):
    """A block of thinking: a reasoning item that carries the block, and shows its text if ``shown``."""

    def __init__(self, item_id: str, block: Json, index: int, *, shown: bool) -> None:
        super().__init__({"id": item_id, "type": "reasoning", "summary": []}, index)
        self._block = dict(block)
        self._pieces: list[str] = []
        self._shown = shown

    def begin(self) -> EventList:
        return [*super().begin(), *self._thought(self._block.get("thinking") or "")]

    def add(self, delta: Json) -> EventList:
        if delta["type"] == "signature_delta":
            self._block["signature"] = delta["signature"]
        return self._thought(delta["thinking"]) if delta["type"] == "thinking_delta" else []

    def _thought(self, text: str) -> EventList:
        is_first = not self._pieces
        if text:
            self._pieces.append(text)
        if not text or not self._shown:
            return []
        place = self._place(summary_index=0)
        added = ("response.reasoning_summary_part.added", {"part": _summary_part(""), **place})
        grown = ("response.reasoning_summary_text.delta", {"delta": text, **place})
        return [added, grown] if is_first else [grown]

    def _finish(self) -> EventList:
        text, place = "".join(self._pieces), self._place(summary_index=0)
        if self._block["type"] == "thinking":
            self._block["thinking"] = text
        # Thinking that was cut has no signature, and the API would not take it back.
        is_whole = self._block.get("signature") or self._block.get("data")
        self.item["encrypted_content"] = reasoning.packed(self._block) if is_whole else None
        if not text or not self._shown:
            return []
        self.item["summary"] = [_summary_part(text)]
        return [
            ("response.reasoning_summary_text.done", {"text": text, **place}),
            ("response.reasoning_summary_part.done", {"part": _summary_part(text), **place}),
        ]


def _text_part(text: str, *annotations: Json) -> Json:
    return {"type": "output_text", "text": text, "annotations": [*annotations], "logprobs": []}


def _summary_part(text: str) -> Json:
    return {"type": "summary_text", "text": text}
