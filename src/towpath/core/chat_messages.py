"""The messages of OpenAI's chat API as those of the Messages API. Pure."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from towpath.core.errors import ApiError, invalid

Json = dict[str, Any]

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)
_SYSTEM_ROLES = ("system", "developer")
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
        if role in _SYSTEM_ROLES:
            if made:
                raise invalid(f"{path}.role", f"a {role} message is possible only at the beginning")
            system += _texts(message.get("content"), f"{path}.content")
        elif role == "tool":
            made.append({"role": "user", "content": [_result(message, path)]})
        else:
            content = _user(message, path) if role == "user" else _assistant(message, path)
            made.append({"role": role, "content": content})
    return made, system


def _checked_role(message: Any, path: str) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(role, str) or role not in _FIELDS:
        raise invalid(f"{path}.role", f"{role!r} is none of {', '.join(_FIELDS)}")
    # Of an earlier answer, as some clients send it back: nothing, or what nobody could act on.
    given = {name for name, value in message.items() if value not in (None, [])}
    if unknown := sorted(given - _FIELDS[role]):
        raise invalid(f"{path}.{unknown[0]}", "has no counterpart in the Messages API")
    return role


def _parts(content: Any, path: str) -> Sequence[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid(path, "Input should be a string or a list of parts")
    return content


def _texts(content: Any, path: str) -> list[Json]:
    blocks = []
    for index, part in enumerate(_parts(content, path)):
        if part.get("type") != "text":
            raise invalid(f"{path}.{index}.type", "only text is possible here")
        blocks.append({"type": "text", "text": part.get("text")})
    return blocks


def _user(message: Json, path: str) -> list[Json]:
    content = _parts(message.get("content"), f"{path}.content")
    return [_user_block(part, f"{path}.content.{index}") for index, part in enumerate(content)]


def _user_block(part: Json, path: str) -> Json:
    match part.get("type"):
        case "text":
            return {"type": "text", "text": part.get("text")}
        case "image_url":
            return {"type": "image", "source": _source(part.get("image_url"), "url", f"{path}.image_url")}
        case "file":
            return {"type": "document", "source": _source(part.get("file"), "file_data", f"{path}.file")}
        case kind:
            raise invalid(f"{path}.type", f"{kind!r} has no counterpart in the Messages API")


def _source(value: Any, name: str, path: str) -> Json:
    url = value.get(name) if isinstance(value, dict) else None
    if not isinstance(url, str):
        raise invalid(f"{path}.{name}", "Field required")
    if data := _DATA_URL.fullmatch(url):
        return {"type": "base64", "media_type": data[1], "data": data[2]}
    if url.startswith(("https://", "http://")):
        return {"type": "url", "url": url}
    raise invalid(f"{path}.{name}", "must be a data URL (data:image/png;base64,…) or a web address")


def _assistant(message: Json, path: str) -> list[Json]:
    content = message.get("content")
    blocks = [] if content in (None, "", []) else _texts(content, f"{path}.content")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise invalid(f"{path}.tool_calls", "Input should be a list")
    return blocks + [_call(call, f"{path}.tool_calls.{index}") for index, call in enumerate(calls)]


def _call(call: Any, path: str) -> Json:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise invalid(f"{path}.function", "Field required")
    try:
        arguments = orjson.loads(function.get("arguments") or "{}")
    except (orjson.JSONDecodeError, TypeError) as error:
        raise invalid(f"{path}.function.arguments", f"not JSON: {error}") from error
    return {"type": "tool_use", "id": call.get("id"), "name": function.get("name"), "input": arguments}


def _result(message: Json, path: str) -> Json:
    content = message.get("content")
    texts = content if isinstance(content, str) else _texts(content, f"{path}.content")
    return {"type": "tool_result", "tool_use_id": message.get("tool_call_id"), "content": texts}


def error_body(error: ApiError) -> Json:
    """An error as OpenAI's API has it."""
    return {"error": {"message": error.message, "type": error.type, "param": None, "code": None}}
