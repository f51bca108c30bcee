"""A message that keeps the rules, with all that follows from it alone.

A conversation comes back with every turn; what is made here is made once for a message (``memo``), however
often it comes back. So a value is shared by all requests that hold the message, and must not be changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from sys import getsizeof
from typing import Any

from towpath.core.canonical import (
    SYSTEM_TEXT,
    Block,
    block_digest,
    is_reference,
    message_digest,
    result_blocks,
)
from towpath.core.reading.cache_marks import ask_for_hour

# Calls of the API's own tools. The result is in the same message as the call.
SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
# The value itself and its place in the dictionary of those that are kept.
_OWN_BYTES = 200


@dataclass(frozen=True, slots=True)
class CheckedMessage:
    """``message`` has its content as a list of blocks; ``source`` is what the client wrote, if that is known.

    ``block_digests`` has one entry a block. ``call_ids`` are the ids of an assistant's calls, or of the
    calls that a user's results answer, each with the index of its block; ``server_calls`` those of the calls
    that the API itself answers, where the message does not have the answer; ``references`` are the names of
    the tools that its results refer to, likewise. ``asks_for_hour``: one of its cache marks is for an hour.
    ``size_bytes`` is what it occupies here.
    """

    source: bytes
    role: str
    message: dict[str, Any]
    digest: bytes
    block_digests: tuple[bytes, ...]
    call_ids: tuple[tuple[int, str], ...]
    server_calls: tuple[tuple[int, str], ...]
    references: tuple[tuple[int, str], ...]
    asks_for_hour: bool
    size_bytes: int

    @property
    def says_nothing(self) -> bool:
        """Whether no block counts: what the assistant thought, or white space."""
        return not any(self.block_digests)


def checked_message(message: Mapping[str, Any], source: bytes) -> CheckedMessage:
    """The value for a message that ``block_rules.check_message`` let pass."""
    role, content = message["role"], content_blocks(message["content"])
    asks_for_hour = ask_for_hour(content)
    if role == "system":
        # As one text: the CLI carries no more, and joins texts so.
        content = [{"type": SYSTEM_TEXT, "text": "\n\n".join(block["text"] for block in content)}]
    key, kind = ("id", "tool_use") if role == "assistant" else ("tool_use_id", "tool_result")
    block_digests = tuple(block_digest(block, role) for block in content)
    made = {"role": role, "content": content}
    call_ids = tuple((place, block[key]) for place, block in enumerate(content) if block["type"] == kind)
    references = tuple(_references(content))
    return CheckedMessage(
        source=source,
        role=role,
        message=made,
        digest=message_digest(role, block_digests),
        block_digests=block_digests,
        call_ids=call_ids,
        server_calls=_open_server_calls(content) if role == "assistant" else (),
        references=references,
        asks_for_hour=asks_for_hour,
        size_bytes=_OWN_BYTES + getsizeof(source) + _size_bytes([made, block_digests, call_ids, references]),
    )


def answered_calls(content: Iterable[Block]) -> Iterable[str]:
    """The ids that blocks with a result name, whatever their type."""
    return (block["tool_use_id"] for block in content if isinstance(block.get("tool_use_id"), str))


def _open_server_calls(content: Iterable[Block]) -> tuple[tuple[int, str], ...]:
    calls = [(place, block["id"]) for place, block in enumerate(content) if block["type"] in SERVER_CALLS]
    if not calls:
        return ()
    answered = {*answered_calls(content)}
    return tuple((place, call) for place, call in calls if call not in answered)


def content_blocks(content: str | list[Block]) -> list[Block]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _references(content: list[Block]) -> Iterator[tuple[int, str]]:
    for place, block in enumerate(content):
        if block["type"] == "tool_result":
            yield from ((place, item["tool_name"]) for item in result_blocks(block) if is_reference(item))


def _size_bytes(values: list[Any]) -> int:
    """What values occupy, with all that is in them.

    Lists of nothing take 20 times what they take as JSON, a text with an emoji 6 times. What values share
    (the names of their fields) is counted for each, which makes a short message half as large again.
    """
    total = 0
    while values:
        value = values.pop()
        kind = type(value)
        total += getsizeof(value)
        if kind is dict:
            total += sum(map(getsizeof, value))
            values += value.values()
        elif kind is list or kind is tuple:
            values += value
    return total
