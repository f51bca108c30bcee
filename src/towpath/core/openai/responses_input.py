"""The input items of OpenAI's Responses API as messages of the Messages API. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import input_of
from towpath.core.openai.responses_tools import TOOL_ITEMS
from towpath.core.openai.shared_parts import (
    SYSTEM_ROLES,
    document,
    image,
    parts,
    refuse_others,
    result,
    string_in,
    text_block,
    text_blocks,
    tool_use,
    tool_use_id,
)
from towpath.core.openai.system_places import Conversation, Said, arranged
from towpath.core.openai.thinking import unpacked
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.to_json import Json

_ROLES = ("user", "assistant", *SYSTEM_ROLES)
# What an item may have besides: id and state, which mean nothing to the model, and values that say nothing.
_OF_ALL = {"type", "id", "status"}
_UNSAID: tuple[Any, ...] = (None, [], False, {"type": "direct"})


def conversation(given: Any, names: ToolNames) -> Conversation:
    """The conversation. Raises ApiError (400) that names the place."""
    if isinstance(given, str):
        return arranged([Said(0, "user", [{"type": "text", "text": given}])])
    if not isinstance(given, list):
        raise invalid("input", "Input should be a string or a list of items")
    return arranged(_said(given, names))


def left_out_items(given: Any) -> list[str]:
    """Items that have no counterpart, by their type, and fields of others, as the response header has them.

    Codex gets a new type or a new label with every few releases: what is not known here cannot be carried,
    and must not end its conversations.
    """
    named = []
    for item in given if isinstance(given, list) else []:
        kind = _kind_of(item)
        if reader := _READERS.get(kind):
            known = _OF_ALL | reader.fields
            named += [name for name, value in item.items() if name not in known and value not in _UNSAID]
        elif kind not in TOOL_ITEMS:
            named.append(kind)
    return [f"input.{name}" for name in named]


def _kind_of(item: Any) -> str:
    given = item.get("type") if isinstance(item, dict) else None
    return str(given or "message")


def _said(given: list[Any], names: ToolNames) -> Iterator[Said]:
    """The items that have a counterpart, without the outputs of calls that have none.

    Codex answers a ``local_shell_call`` with a ``function_call_output``.
    """
    for index, item in enumerate(given):
        _check_kind(item, f"input.{index}")
    calls = [item.get("call_id") for item in given if _kind_of(item) not in _READERS]
    gone = {call for call in calls if isinstance(call, str)}
    for index, item in enumerate(given):
        kind = _kind_of(item)
        call = item.get("call_id") if kind in _OUTPUTS else None
        if kind in _READERS and not (isinstance(call, str) and call in gone):
            yield Said(index, *_READERS[kind].read(item, f"input.{index}", names))


def _check_kind(item: Any, path: str) -> None:
    if not isinstance(item, dict):
        raise invalid(path, "Input should be an object")
    kind = item.get("type") or ("message" if "role" in item else None)
    if not isinstance(kind, str):
        raise invalid(f"{path}.type", "Field required" if kind is None else "Input should be a valid string")


class _Reader(NamedTuple):
    """How an item is read: the role of its message and its blocks, out of these ``fields``."""

    read: Callable[[Json, str, ToolNames], tuple[str, list[Json]]]
    fields: frozenset[str]


def _message(item: Json, path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    role, content, where = item.get("role"), item.get("content"), f"{path}.content"
    if role not in _ROLES:
        raise invalid(f"{path}.role", f"{role!r} is not one of: {', '.join(_ROLES)}")
    if role == "user":
        return role, _user_blocks(content, where)
    if role == "assistant":
        return role, _assistant_blocks(content, where)
    for index, part in enumerate(content if isinstance(content, list) else []):
        _check_text_part(part, f"{where}.{index}")
    return role, text_blocks(content, where, "input_text")


def _assistant_blocks(content: Any, path: str) -> list[Json]:
    """A refusal is what the assistant said."""
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
    return blocks


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
    function = {**item, "name": names.legal(_own_tool(item, path))}
    return "assistant", [tool_use(string_in(item, "call_id", path), function, path)]


def _custom_call(item: Json, path: str, names: ToolNames) -> tuple[str, list[Json]]:
    call = {"type": "tool_use", "id": tool_use_id(string_in(item, "call_id", path))}
    name = names.legal(_own_tool(item, path, is_custom=True))
    return "assistant", [{**call, "name": name, "input": input_of(string_in(item, "input", path))}]


def _own_tool(item: Json, path: str, *, is_custom: bool = False) -> OwnTool:
    namespace = None if item.get("namespace") is None else string_in(item, "namespace", path)
    return OwnTool(string_in(item, "name", path), namespace, is_custom)


def _result(item: Json, path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    output = item.get("output")
    content = output if isinstance(output, str) else _user_blocks(output, f"{path}.output")
    return "user", [result(string_in(item, "call_id", path), content)]


def _reasoning(item: Json, _path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    """Only whole, signed thinking blocks are sent on: no summary, nor what another server packed."""
    block = unpacked(item.get("encrypted_content"))
    return "assistant", [block] if block else []


def _agent_message(item: Json, path: str, _names: ToolNames) -> tuple[str, list[Json]]:
    """What another agent of the client's says to this one: a user's message that tells whose it is.

    What only OpenAI could decrypt in it is left out.
    """
    content = parts(item.get("content"), f"{path}.content", "input_text")
    texts = [text_block(part, path) for part in content if part.get("type") == "input_text"]
    about = {"type": "text", "text": f"Message from the agent {item.get('author')}:"}
    return "user", [about, *texts] if texts else []


_READERS: Mapping[str, _Reader] = {
    kind: _Reader(read, frozenset(fields.split()))
    for kind, read, fields in (
        ("message", _message, "role content"),
        ("function_call", _call, "call_id name namespace arguments"),
        ("function_call_output", _result, "call_id name namespace output"),
        ("custom_tool_call", _custom_call, "call_id name namespace input"),
        ("custom_tool_call_output", _result, "call_id name namespace output"),
        ("reasoning", _reasoning, "summary content encrypted_content"),
        ("agent_message", _agent_message, "author recipient content"),
    )
}
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
