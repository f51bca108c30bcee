"""The input items of OpenAI's Responses API as messages of the Messages API. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import input_of
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
from towpath.core.openai.system_places import Placed, with_system_last
from towpath.core.openai.thinking import unpacked
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.to_json import Json

_ROLES = ("user", "assistant", *SYSTEM_ROLES)
# What every item may have besides its own fields: an id and a state, which mean nothing to the model.
_OF_ALL = {"type", "id", "status"}
_HINTS = ("name", "phase")  # of a message: who says it, and in which part of an answer


class Conversation(NamedTuple):
    """``indexes``: which of the client's items each message was. ``left_out``: the types of the others."""

    messages: list[Json]
    system: list[Json]
    indexes: list[int]
    left_out: list[str]


def conversation(given: Any, names: ToolNames) -> Conversation:
    """The conversation, and the blocks of the system prompt. Raises ApiError (400) that names the place."""
    if isinstance(given, str):
        return Conversation([{"role": "user", "content": [{"type": "text", "text": given}]}], [], [0], [])
    if not isinstance(given, list):
        raise invalid("input", "Input should be a string or a list of items")
    kinds = [_kind(item, f"input.{index}") for index, item in enumerate(given)]
    left_out = [f"input.{kind}" for kind in kinds if kind not in _READERS]
    texts = [item for item, kind in zip(given, kinds, strict=True) if kind == "message"]
    left_out += [f"input.{hint}" for hint in _HINTS if any(item.get(hint) for item in texts)]
    made: list[Placed] = []
    system: list[Json] = []
    for index, item in _carried(given, kinds):
        role, blocks = _READERS[kinds[index]](item, f"input.{index}", names)
        if role in SYSTEM_ROLES and not made:
            system += blocks
        elif blocks:
            made.append(
                Placed(index, {"role": "system" if role in SYSTEM_ROLES else role, "content": blocks})
            )
    placed = with_system_last(made)
    return Conversation([said.message for said in placed], system, [said.origin for said in placed], left_out)


def _kind(item: Any, path: str) -> str:
    if not isinstance(item, dict):
        raise invalid(path, "Input should be an object")
    kind = item.get("type") or ("message" if "role" in item else None)
    if not isinstance(kind, str):
        raise invalid(f"{path}.type", "Field required" if kind is None else "Input should be a valid string")
    return kind


def _carried(given: list[Json], kinds: list[str]) -> Iterator[tuple[int, Json]]:
    """The items that have a counterpart, without the outputs of calls that have none.

    Codex answers a ``local_shell_call`` with a ``function_call_output``.
    """
    paired = [*enumerate(zip(given, kinds, strict=True))]
    calls = [item.get("call_id") for _, (item, kind) in paired if kind not in _READERS]
    gone = {call for call in calls if isinstance(call, str)}
    for index, (item, kind) in paired:
        call = item.get("call_id") if kind in _OUTPUTS else None
        if kind in _READERS and not (isinstance(call, str) and call in gone):
            yield index, item


Reader = Callable[[Json, str, ToolNames], tuple[str, list[Json]]]
"""Reads an item: the role of its message, and its blocks. One without blocks says nothing."""


def _message(item: Json, path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"role", "content", *_HINTS}, path)
    role, content, where = item.get("role"), item.get("content"), f"{path}.content"
    if role not in _ROLES:
        raise invalid(f"{path}.role", f"{role!r} is not one of: {', '.join(_ROLES)}")
    if role == "user":
        return role, _user_blocks(content, where)
    if role == "assistant":
        return role, _assistant_blocks(content, where)
    for index, part in enumerate(content if isinstance(content, list) else []):
        _check_text_part(part, f"{where}.{index}")
    return role, [block for block in text_blocks(content, where, "input_text") if block["text"]]


def _assistant_blocks(content: Any, path: str) -> list[Json]:
    """The texts that are not empty, as clients send some back; a refusal is what the assistant said."""
    blocks = []
    for index, part in enumerate(parts(content, path, "output_text")):
        where = f"{path}.{index}"
        match part.get("type"):
            case "output_text" | "input_text":
                _check_text_part(part, where)
                blocks.append(text_block(part, where))
            case "refusal":
                blocks.append({"type": "text", "text": string_in(part, "refusal", where)})
            case _:
                raise invalid(f"{where}.type", "only text is possible here")
    return [block for block in blocks if block["text"]]


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


def _call(item: Json, path: str, names: ToolNames) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"call_id", "name", "namespace", "arguments"}, path)
    function = {**item, "name": names.legal(_own_tool(item, path))}
    return "assistant", [tool_use(string_in(item, "call_id", path), function, path)]


def _custom_call(item: Json, path: str, names: ToolNames) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"call_id", "name", "namespace", "input"}, path)
    call = {"type": "tool_use", "id": tool_use_id(string_in(item, "call_id", path))}
    name = names.legal(_own_tool(item, path, is_custom=True))
    return "assistant", [{**call, "name": name, "input": input_of(string_in(item, "input", path))}]


def _own_tool(item: Json, path: str, *, is_custom: bool = False) -> OwnTool:
    namespace = None if item.get("namespace") is None else string_in(item, "namespace", path)
    return OwnTool(string_in(item, "name", path), namespace, is_custom)


def _result(item: Json, path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    refuse_others(item, _OF_ALL | {"call_id", "output", "name", "namespace"}, path)
    output = item.get("output")
    content = output if isinstance(output, str) else _user_blocks(output, f"{path}.output")
    answered = tool_use_id(string_in(item, "call_id", path))
    return "user", [{"type": "tool_result", "tool_use_id": answered, "content": content}]


def _reasoning(item: Json, _path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    """Only whole, signed thinking blocks are sent on: no summary, nor what another server packed."""
    block = unpacked(item.get("encrypted_content"))
    return "assistant", [block] if block else []


_READERS: Mapping[str, Reader] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _result,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _result,
    "reasoning": _reasoning,
}
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
