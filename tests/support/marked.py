"""Requests with a cache mark, at each place where a client can set one."""

from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]
CALL = {"type": "tool_use", "id": "c", "name": "read", "input": {}}


def asking(*content: Any) -> Fields:
    return {"messages": [{"role": "user", "content": list(content)}]}


def answering(*content: Any) -> Fields:
    """With these blocks in a tool's result."""
    result = {"type": "tool_result", "tool_use_id": "c", "content": list(content)}
    asked = [{"role": "user", "content": "a"}, {"role": "assistant", "content": [CALL]}]
    return {"messages": [*asked, {"role": "user", "content": [result]}]}


def text(mark: Any) -> Fields:
    return {"type": "text", "text": "a", "cache_control": mark}


def document(mark: Any) -> Fields:
    return {"type": "document", "source": {"type": "content", "content": [text(mark)]}}


def found(mark: Any) -> Fields:
    return {"type": "search_result", "title": "t", "source": "s", "content": [text(mark)]}


def tool(mark: Any) -> Fields:
    return {"name": "read", "input_schema": {"type": "object"}, "cache_control": mark}


PLACES: dict[str, Callable[[Any], Fields]] = {
    "": lambda mark: {"cache_control": mark},
    "system.0.": lambda mark: {"system": [text(mark)]},
    "tools.0.": lambda mark: {"tools": [tool(mark)]},
    "messages.0.content.0.": lambda mark: asking(text(mark)),
    "messages.0.content.0.source.content.0.": lambda mark: asking(document(mark)),
    "messages.0.content.0.content.0.": lambda mark: asking(found(mark)),
    "messages.2.content.0.content.0.": lambda mark: answering(text(mark)),
    "messages.2.content.0.content.0.source.content.0.": lambda mark: answering(document(mark)),
}


def body_of(fields: Fields) -> Fields:
    return {"model": "claude-x", "max_tokens": 9, **asking({"type": "text", "text": "a"}), **fields}
