"""The messages of OpenAI's chat API as those of the Messages API. Pure."""

from collections.abc import Sequence
from itertools import dropwhile
from typing import Any

from towpath.core.errors import invalid
from towpath.core.openai.shared_parts import (
    SYSTEM_ROLES,
    document,
    image,
    parts,
    refuse_others,
    string_in,
    text_block,
    text_blocks,
    tool_use,
    tool_use_id,
)
from towpath.core.to_json import Json

_FIELDS = {
    "system": {"role", "content"},
    "developer": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}


def messages_and_system(messages: Any) -> tuple[list[Json], list[Json]]:
    """The conversation, and the blocks of the system prompt. Raises ApiError (400) that names the place."""
    if not isinstance(messages, list):
        raise invalid("messages", "Input should be a list")
    made: list[Json] = []
    system: list[Json] = []
    for index, message in enumerate(messages):
        path = f"messages.{index}"
        role = _checked_role(message, path)
        if role in SYSTEM_ROLES:
            texts = text_blocks(message.get("content"), f"{path}.content", "text")
            if made:
                made.append({"role": "system", "content": texts})
            else:
                system += texts
        elif role == "tool":
            made.append({"role": "user", "content": [_result(message, path)]})
        else:
            content = _user(message, path) if role == "user" else _assistant(message, path)
            made.append({"role": role, "content": content})
    return made, system


def indexes(messages: Sequence[Json]) -> list[int]:
    """Which of the client's messages each message of the conversation was."""
    return [*dropwhile(lambda index: messages[index]["role"] in SYSTEM_ROLES, range(len(messages)))]


def _checked_role(message: Any, path: str) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in _FIELDS:
        raise invalid(f"{path}.role", f"{role!r} is not one of: {', '.join(_FIELDS)}")
    refuse_others(message, _FIELDS[role], path)
    return role


def _user(message: Json, path: str) -> list[Json]:
    content = parts(message.get("content"), f"{path}.content", "text")
    return [_user_block(part, f"{path}.content.{index}") for index, part in enumerate(content)]


def _user_block(part: Json, path: str) -> Json:
    match part.get("type"):
        case "text":
            return text_block(part, path)
        case "image_url":
            return image(part.get("image_url"), "url", f"{path}.image_url")
        case "file":
            return document(part.get("file"), "file_data", f"{path}.file")
        case kind:
            raise invalid(f"{path}.type", f"{kind!r} has no counterpart in the Messages API")


def _assistant(message: Json, path: str) -> list[Json]:
    content = message.get("content")
    blocks = [] if content in (None, "", []) else text_blocks(content, f"{path}.content", "text")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise invalid(f"{path}.tool_calls", "Input should be a list")
    return blocks + [_call(call, f"{path}.tool_calls.{index}") for index, call in enumerate(calls)]


def _call(call: Any, path: str) -> Json:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise invalid(f"{path}.function", "Field required")
    return tool_use(string_in(call, "id", path), function, f"{path}.function")


def _result(message: Json, path: str) -> Json:
    content = message.get("content")
    texts = content if isinstance(content, str) else text_blocks(content, f"{path}.content", "text")
    answered = tool_use_id(string_in(message, "tool_call_id", path))
    return {"type": "tool_result", "tool_use_id": answered, "content": texts}
