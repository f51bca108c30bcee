"""The rules for one message and its content blocks.

Knows which blocks either side may send and which fields this program needs to carry them; all other
keys of a block are passed on for the API to judge. Where they cannot be passed on (``KEYS``), they are
refused in the API's words. A null in an optional field means the same as its absence. Must not know about
the rest of the request (``rules``) or what holds between messages (``run_rules``). The first broken rule
is raised as a 400 whose path counts in the client's own list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from towpath.core.canonical import Block
from towpath.core.errors import invalid
from towpath.core.reading.cache_marks import KIND, LIVES, marks
from towpath.core.to_json import Json

T = TypeVar("T", str, int, bool, list[Any], Json)  # the types of JSON

JSON_NAMES: Mapping[type, str] = {
    str: "a valid string",
    int: "a valid integer",
    bool: "a valid boolean",
    list: "a valid list",
    dict: "an object",
}
FIELDS: Mapping[str, Mapping[str, type]] = {
    "text": {"text": str},
    "image": {"source": dict},
    "document": {"source": dict},
    "thinking": {"thinking": str, "signature": str},
    "redacted_thinking": {"data": str},
    "tool_use": {"id": str, "name": str, "input": dict},
    "server_tool_use": {"id": str},
    "mcp_tool_use": {"id": str},
    "tool_result": {"tool_use_id": str},
    "tool_reference": {"tool_name": str},
}
# Blocks that are rewritten on their way: a call by the CLI, a result as the CLI writes one. The keys that the
# API knows arrive; another would be lost.
KEYS: Mapping[str, Sequence[str]] = {
    "tool_use": ("type", "id", "name", "input", "caller", "cache_control"),
    "tool_result": ("type", "tool_use_id", "content", "is_error", "cache_control"),
}
# Of a system text only the text is carried; the launched process sets its own cache marks.
SYSTEM_KEYS = ("type", "text", "cache_control", "citations")
USER_TYPES = frozenset({"text", "image", "document", "tool_result", "search_result", "container_upload"})
# An assistant's types are not listed: clients send back what the model said, and new types appear. The CLI
# carries them all (tests/proxy/test_start.py) except this one, which it leaves out.
UNCARRIED_ASSISTANT_TYPES = frozenset({"fallback"})
RESULT_TYPES = frozenset({"text", "image", "document", "search_result", "tool_reference", "browser_state"})


def typed(value: Any, kind: type[T], path: str) -> T:
    """The value, which must be of this JSON type. (``isinstance`` would accept true as an integer.)"""
    if type(value) is not kind:
        raise invalid(path, f"Input should be {JSON_NAMES[kind]}")
    return value


def required(fields: Mapping[str, Any], key: str, kind: type[T], path: str = "") -> T:
    where = f"{path}.{key}" if path else key
    if key not in fields:
        raise invalid(where, "Field required")
    return typed(fields[key], kind, where)


def check_no_others(fields: Mapping[str, Any], known: Sequence[str], path: str) -> None:
    for key in fields:
        if key not in known:
            raise invalid(f"{path}.{key}", "Extra inputs are not permitted")


def check_message(message: Any, path: str) -> None:
    role = required(typed(message, dict, path), "role", str, path)
    if role not in ("user", "assistant", "system"):
        raise invalid(f"{path}.role", "Input should be 'user', 'assistant' or 'system'")
    # The API knows no other keys of a message, and merging would lose them. Claude Code goes on without an
    # ``output_config`` after exactly these words; with advice added it gave up.
    check_no_others(message, ("role", "content"), path)
    check_content(message, role, path)
    if isinstance(message["content"], list):
        for index, block in enumerate(message["content"]):
            check_marks(block, f"{path}.content.{index}")


def check_marks(block: Block, path: str) -> None:
    # Most marks never reach the API, which would refuse one that it does not know.
    for where, mark in marks(block, path):
        check_mark(mark, where)


def check_mark(mark: Any, path: str) -> None:
    if required(typed(mark, dict, path), "type", str, path) != KIND:
        raise invalid(f"{path}.type", f"Input should be {KIND!r}")
    if mark.get("ttl") not in (None, *LIVES):
        raise invalid(f"{path}.ttl", f"Input should be {' or '.join(map(repr, LIVES))}")


def check_content(message: Mapping[str, Any], role: str, path: str) -> None:
    content = message.get("content")
    if content in ("", []):
        problem = "all messages must have non-empty content except for the optional final assistant message"
        raise invalid(path, problem)
    if isinstance(content, str):
        if role != "assistant":
            check_has_text(content, f"{path}.content")
        return
    for index, block in enumerate(required(message, "content", list, path)):
        check_block(block, role, f"{path}.content.{index}")


def check_block(block: Any, role: str, path: str) -> None:
    kind = required(typed(block, dict, path), "type", str, path)
    if role == "system":
        check_system_block(block, kind, path)
        return
    misplaced = kind not in USER_TYPES if role == "user" else kind in USER_TYPES - {"text"}
    if misplaced:
        raise invalid(
            f"{path}.type", f"a block of type {kind!r} is not possible in a message of role {role!r}"
        )
    if role == "assistant" and kind in UNCARRIED_ASSISTANT_TYPES:
        raise invalid(f"{path}.type", f"a block of type {kind!r} cannot be carried through the Agent SDK")
    check_fields(block, kind, path)
    if kind == "text" and role == "user":
        check_has_text(block["text"], f"{path}.text")
    elif kind == "tool_use":
        check_caller(block, path)
    elif kind == "tool_result":
        check_tool_result(block, path)


def check_system_block(block: Block, kind: str, path: str) -> None:
    # The API knows blocks that add and remove tools here; the tools of a process are fixed.
    if kind != "text":
        raise invalid(f"{path}.type", f"a block of type {kind!r} in a system message cannot be carried")
    check_has_text(required(block, "text", str, path), f"{path}.text")
    check_system_keys(block, path)


def check_system_keys(block: Block, path: str) -> None:
    check_no_others(block, SYSTEM_KEYS, path)
    if block.get("citations") not in (None, []):
        raise invalid(f"{path}.citations", "citations of a system text cannot be carried")


def check_fields(block: Block, kind: str, path: str) -> None:
    for key, json_type in FIELDS.get(kind, {}).items():
        required(block, key, json_type, path)
    if kind in KEYS:
        check_no_others(block, KEYS[kind], path)
    if kind in ("image", "document"):
        required(block["source"], "type", str, f"{path}.source")


def check_has_text(text: str, path: str) -> None:
    # Only in a user's text: models emit empty and blank ones, and clients send them back.
    if not text:
        raise invalid(path, "text content blocks must be non-empty")
    if not text.strip():
        raise invalid(path, "text content blocks must contain non-whitespace text")


def check_caller(block: Block, path: str) -> None:
    # Any other call was made by code that runs at the API; its result cannot be given back through a
    # session.
    if block.get("caller") not in (None, {"type": "direct"}):
        raise invalid(f"{path}.caller", "only a call with the caller {'type': 'direct'} can be carried")


def check_tool_result(block: Block, path: str) -> None:
    if block.get("is_error") is not None:
        typed(block["is_error"], bool, f"{path}.is_error")
    content = block.get("content")
    if content is None or isinstance(content, str):
        return
    for index, part in enumerate(typed(content, list, f"{path}.content")):
        where = f"{path}.content.{index}"
        kind = required(typed(part, dict, where), "type", str, where)
        if kind not in RESULT_TYPES:
            raise invalid(f"{where}.type", f"a block of type {kind!r} is not possible in a tool_result")
        check_fields(part, kind, where)
        if block.get("is_error") and kind != "text":
            # The API says so; the CLI would silently drop the image.
            raise invalid(path, "all content must be type `text` if `is_error` is true")
