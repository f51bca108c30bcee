"""The input items of OpenAI's Responses API as messages of the Messages API. Pure."""

from collections.abc import Callable, Mapping
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
from towpath.core.openai.thinking import unpacked
from towpath.core.to_json import Json

_ROLES = ("user", "assistant", *SYSTEM_ROLES)
# What every item may have besides its own fields: an id and a state, which mean nothing to the model.
_OF_ALL = {"type", "id", "status"}


def messages_and_system(given: Any) -> tuple[list[Json], list[Json]]:
    """The conversation, and the blocks of the system prompt. Raises ApiError (400) that names the place."""
    if isinstance(given, str):
        return [{"role": "user", "content": [{"type": "text", "text": given}]}], []
    if not isinstance(given, list):
        raise invalid("input", "Input should be a string or a list of items")
    made: list[Json] = []
    system: list[Json] = []
    for index, item in enumerate(given):
        path = f"input.{index}"
        role, blocks = _reader(item, path)(item, path)
        if role in SYSTEM_ROLES and not made:
            system += blocks
        elif not _says_nothing(item):
            made.append({"role": "system" if role in SYSTEM_ROLES else role, "content": blocks})
    return made, system


def indexes(given: Any) -> list[int]:
    """Which of the client's items each message of the conversation was."""
    if isinstance(given, str):
        return [0]
    said = [index for index, item in enumerate(given) if not _says_nothing(item)]
    return [*dropwhile(lambda index: given[index].get("role") in SYSTEM_ROLES, said)]


def _says_nothing(item: Json) -> bool:
    """Only whole, signed thinking blocks are sent on; a summary is not one."""
    return item.get("type") == "reasoning" and item.get("encrypted_content") is None


Reader = Callable[[Json, str], tuple[str, list[Json]]]
"""Reads an item: the role of its message, and its blocks."""


def _reader(item: Any, path: str) -> Reader:
    if not isinstance(item, dict):
        raise invalid(path, "Input should be an object")
    kind = item.get("type") or ("message" if "role" in item else None)
    if not isinstance(kind, str) or kind not in _READERS:
        known = ", ".join(_READERS)
        raise invalid(f"{path}.type", f"{kind!r} has no counterpart in the Messages API, only {known} have")
    return _READERS[kind]


def _message(item: Json, path: str) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"role", "content"}, path)
    role, content, where = item.get("role"), item.get("content"), f"{path}.content"
    if role not in _ROLES:
        raise invalid(f"{path}.role", f"{role!r} is not one of: {', '.join(_ROLES)}")
    if role == "user":
        return role, _user_blocks(content, where)
    if isinstance(content, list):
        for index, part in enumerate(content):
            _check_text_part(part, f"{where}.{index}")
    types = ("output_text", "input_text") if role == "assistant" else ("input_text",)
    return role, text_blocks(content, where, *types)


def _check_text_part(part: Any, path: str) -> None:
    if isinstance(part, dict):
        refuse_others(part, {"type", "text"}, path)


def _user_blocks(content: Any, path: str) -> list[Json]:
    given = parts(content, path, "input_text")
    return [_user_block(part, f"{path}.{index}") for index, part in enumerate(given)]


def _user_block(part: Json, path: str) -> Json:
    match part.get("type"):
        case "input_text":
            _check_text_part(part, path)
            return text_block(part, path)
        case "input_image":
            refuse_others(part, {"type", "image_url", "detail"}, path)
            return image(part, "image_url", path)
        case "input_file":
            name = "file_url" if part.get("file_url") else "file_data"
            refuse_others(part, {"type", "filename", "detail", name}, path)
            return document(part, name, path)
        case kind:
            raise invalid(f"{path}.type", f"{kind!r} has no counterpart in the Messages API")


def _call(item: Json, path: str) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"call_id", "name", "arguments"}, path)
    return "assistant", [tool_use(string_in(item, "call_id", path), item, path)]


def _result(item: Json, path: str) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"call_id", "output", "name"}, path)
    output = item.get("output")
    content = output if isinstance(output, str) else _user_blocks(output, f"{path}.output")
    answered = tool_use_id(string_in(item, "call_id", path))
    return "user", [{"type": "tool_result", "tool_use_id": answered, "content": content}]


def _reasoning(item: Json, path: str) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"summary", "content", "encrypted_content"}, path)
    content = item.get("encrypted_content")
    return "assistant", [] if content is None else [unpacked(content, f"{path}.encrypted_content")]


_READERS: Mapping[str, Reader] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _result,
    "reasoning": _reasoning,
}
