"""The rules for one message and its content blocks, and for a call and its result.

Knows which blocks either side may send and which fields this program needs to carry them; all other
keys of a block go on as they are, the API judges those. Must not know about the rest of the request
(``checks``). The first broken rule is raised as a 400 whose path counts in the client's own list.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, TypeVar

from towpath.core.checked import CheckedMessage
from towpath.core.errors import invalid

Block = dict[str, Any]
Json = TypeVar("Json", str, int, bool, list[Any], dict[str, Any])

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
    "tool_result": {"tool_use_id": str},
}
USER_TYPES = frozenset({"text", "image", "document", "tool_result", "search_result", "container_upload"})
# The other way round nothing is listed: what the model said, clients send back, and new types appear. The
# CLI carries them all (tests/proxy/test_start.py) but this one, which it leaves out.
UNCARRIED_ASSISTANT_TYPES = frozenset({"fallback"})
RESULT_TYPES = frozenset({"text", "image", "document", "search_result", "tool_reference", "browser_state"})


def typed(value: Any, kind: type[Json], path: str) -> Json:
    """The value, which must be of this JSON type. ``isinstance`` would take true for an integer."""
    if type(value) is not kind:
        raise invalid(path, f"Input should be {JSON_NAMES[kind]}")
    return value


def required(fields: Mapping[str, Any], key: str, kind: type[Json], path: str = "") -> Json:
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
    # The API knows no other keys of a message, and merging would lose them.
    check_no_others(message, ("role", "content"), path)
    check_content(message, role, path)


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
        raise invalid(f"{path}.type", f"a block of type {kind!r} cannot stand in a message of role {role!r}")
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
    check_no_others(block, ("type", "text", "cache_control"), path)


def check_fields(block: Block, kind: str, path: str) -> None:
    for key, json_type in FIELDS.get(kind, {}).items():
        required(block, key, json_type, path)
    if kind in ("image", "document"):
        required(block["source"], "type", str, f"{path}.source")


def check_has_text(text: str, path: str) -> None:
    # Only a user's text: models do emit empty and blank ones, and clients send them back.
    if not text:
        raise invalid(path, "text content blocks must be non-empty")
    if not text.strip():
        raise invalid(path, "text content blocks must contain non-whitespace text")


def check_caller(block: Block, path: str) -> None:
    # Any other call was made by code that runs at the API; its result cannot be given back through a
    # session. Null says nothing: SDKs that write every optional field of a reply send it.
    if block.get("caller") not in (None, {"type": "direct"}):
        raise invalid(f"{path}.caller", "only a call with the caller {'type': 'direct'} can be carried")


def check_tool_result(block: Block, path: str) -> None:
    if "is_error" in block:
        typed(block["is_error"], bool, f"{path}.is_error")
    content = block.get("content", "")
    if isinstance(content, str):
        return
    for index, part in enumerate(typed(content, list, f"{path}.content")):
        where = f"{path}.content.{index}"
        kind = required(typed(part, dict, where), "type", str, where)
        if kind not in RESULT_TYPES:
            raise invalid(f"{where}.type", f"a block of type {kind!r} cannot stand in a tool_result")
        check_fields(part, kind, where)
        if block.get("is_error") and kind != "text":
            # The API says so; the CLI would leave the image out without a word.
            raise invalid(path, "all content must be type `text` if `is_error` is true")


def check_system_places(runs: Iterable[Sequence[CheckedMessage]]) -> None:
    """The API's rules: a system message stands behind a user's, and an assistant's or nothing follows."""
    index = 0
    for run in runs:
        for place, message in enumerate(run):
            if message.role == "system":
                if index + place == 0:
                    problem = "use the top-level 'system' parameter for the initial system prompt"
                    raise invalid("messages.0.role", problem)
                if place == 0 or place < len(run) - 1:
                    problem = (
                        "a system message must follow a user message, "
                        "and be the last message or be followed by an assistant message"
                    )
                    raise invalid(f"messages.{index + place}.role", problem)
        index += len(run)


def check_pairing(runs: Iterable[Sequence[CheckedMessage]]) -> None:
    """Each call must have its one result in the next run, each result its call in the one before.

    A run is of one side and counts as one message, as at the API.
    """
    seen: set[str] = set()
    open_calls: dict[str, int] = {}  # the calls of the run before, with the index each was sent at
    index = 0
    for run in runs:
        placed: list[tuple[int, int, str]] = []
        for message in run:
            if message.call_ids:
                placed += [(index, place, call) for place, call in message.call_ids]
            index += 1
        if not placed and not open_calls:
            continue
        if run[0].role == "assistant":
            open_calls = find_calls(placed, seen)
            seen.update(open_calls)
        else:
            check_results(placed, open_calls)


def find_calls(placed: Sequence[tuple[int, int, str]], seen: Set[str]) -> dict[str, int]:
    calls: dict[str, int] = {}
    for index, place, call in placed:
        if call in seen or call in calls:
            raise invalid(f"messages.{index}.content.{place}", "`tool_use` ids must be unique")
        calls[call] = index
    return calls


def check_results(placed: Sequence[tuple[int, int, str]], open_calls: Mapping[str, int]) -> None:
    # The wording is the API's: clients look for it in order to repair their history.
    answered: set[str] = set()
    for index, place, call in placed:
        if call not in open_calls:
            problem = f"unexpected `tool_use_id` found in `tool_result` blocks: {call}"
            raise invalid(f"messages.{index}.content.{place}", problem)
        if call in answered:
            problem = f"found multiple `tool_result` blocks with id: {call}"
            raise invalid(f"messages.{index}.content.{place}", problem)
        answered.add(call)
    missing = [call for call in open_calls if call not in answered]
    if missing:
        problem = "`tool_use` ids were found without `tool_result` blocks immediately after: "
        raise invalid(f"messages.{open_calls[missing[0]]}", problem + ", ".join(missing))
