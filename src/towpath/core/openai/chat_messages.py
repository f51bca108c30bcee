"""The messages of OpenAI's chat API as those of the Messages API. Pure.

Editors that speak to Claude through that API put blocks of the Messages API among its parts, and marks for
the prompt cache on parts and messages: they mean the same here.
"""

from typing import Any

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import input_of
from towpath.core.openai.shared_parts import (
    document,
    image,
    parts,
    refuse_others,
    result,
    string_in,
    text_block,
    tool_use,
    tool_use_id,
)
from towpath.core.openai.system_places import Conversation, Said, arranged
from towpath.core.to_json import Json

_OF_ALL = {"role", "content", "cache_control"}
_FIELDS = {
    "system": _OF_ALL,
    "developer": _OF_ALL,
    "user": _OF_ALL,
    "assistant": {*_OF_ALL, "tool_calls", "refusal"},
    "tool": {*_OF_ALL, "tool_call_id"},
}
# Which parts a message may have; the API's rules check what is inside its own blocks.
_TYPES = {
    "system": {"text"},
    "developer": {"text"},
    "user": {"text", "image_url", "file", "image", "document", "tool_result"},
    "assistant": {"text", "refusal", "thinking", "redacted_thinking", "tool_use"},
    "tool": {"text", "image_url", "file", "image", "document"},
}


def conversation(messages: Any) -> Conversation:
    """The conversation. Raises ApiError (400) that names the place."""
    if not isinstance(messages, list):
        raise invalid("messages", "Input should be a list")
    return arranged(_said(message, index) for index, message in enumerate(messages))


def _said(message: Any, index: int) -> Said:
    path = f"messages.{index}"
    role = _checked_role(message, path)
    blocks = _marked(_blocks(message, role, path), message)
    return Said(index, "user" if role == "tool" else role, blocks)


def _checked_role(message: Any, path: str) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in _FIELDS:
        raise invalid(f"{path}.role", f"{role!r} is not one of: {', '.join(_FIELDS)}")
    refuse_others(message, _FIELDS[role], path)
    return role


def _marked(blocks: list[Json], message: Json) -> list[Json]:
    """The blocks with the message's own mark for the cache, which means all of it: it goes onto the last."""
    mark = message.get("cache_control")
    return [*blocks[:-1], {**blocks[-1], "cache_control": mark}] if mark and blocks else blocks


def _blocks(message: Json, role: str, path: str) -> list[Json]:
    content, where = message.get("content"), f"{path}.content"
    if role == "tool":
        said_there = content or "" if isinstance(content, str | None) else _of_parts(content, role, where)
        return [result(string_in(message, "tool_call_id", path), said_there)]
    if role != "assistant":
        return _of_parts(content, role, where)
    said = [] if content is None else _of_parts(content, role, where)
    if refused := message.get("refusal"):
        said += _of_parts(refused, role, f"{path}.refusal")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise invalid(f"{path}.tool_calls", "Input should be a list")
    return said + [_call(call, f"{path}.tool_calls.{index}") for index, call in enumerate(calls)]


def _of_parts(content: Any, role: str, path: str) -> list[Json]:
    made = []
    for index, part in enumerate(parts(content, path, "text")):
        kind, where = part.get("type"), f"{path}.{index}"
        if not isinstance(kind, str) or kind not in _TYPES[role]:
            known = ", ".join(sorted(_TYPES[role]))
            raise invalid(
                f"{where}.type", f"{kind!r} is not possible in a message of role {role}, only {known}"
            )
        made += _marked([_block(part, kind, where)], part)
    return made


def _block(part: Json, kind: str, path: str) -> Json:
    match kind:
        case "text":
            return text_block(part, path)
        case "refusal":
            return {"type": "text", "text": string_in(part, "refusal", path)}
        case "image_url":
            return image(part.get("image_url"), "url", f"{path}.image_url")
        case "file":
            return document(part.get("file"), "file_data", f"{path}.file")
        case "tool_use":
            return {**part, "id": tool_use_id(string_in(part, "id", path))}
        case "tool_result":
            return {**part, "tool_use_id": tool_use_id(string_in(part, "tool_use_id", path))}
        case _:
            return part


def _call(call: Any, path: str) -> Json:
    given, where = call if isinstance(call, dict) else {}, f"{path}.custom"
    if isinstance(custom := given.get("custom"), dict):
        called = tool_use(string_in(given, "id", path), {"name": custom.get("name")}, where)
        return {**called, "input": input_of(string_in(custom, "input", where))}
    function = given.get("function")
    if not isinstance(function, dict):
        raise invalid(f"{path}.function", "Field required")
    return tool_use(string_in(given, "id", path), function, f"{path}.function")
