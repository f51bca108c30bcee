"""A message that keeps the rules, with all that follows from it alone.

A conversation comes back with every turn; what is made here is made once for a message (``memo``),
however often it comes. So a value is shared by all requests that hold the message: nobody may change it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from towpath.core.canonical import Block, block_digest, message_digest


@dataclass(frozen=True, slots=True)
class CheckedMessage:
    """``message`` has its content as a list of blocks; ``source`` is what the client wrote, if that is known.

    ``block_digests`` has one entry a block. ``call_ids`` are the ids of an assistant's calls, or of the
    calls that a user's results answer, each with the place of its block.
    """

    source: bytes
    role: str
    message: dict[str, Any]
    digest: bytes
    block_digests: tuple[bytes, ...]
    call_ids: tuple[tuple[int, str], ...]


def checked_message(message: Mapping[str, Any], source: bytes) -> CheckedMessage:
    """The value for a message that ``block_checks.check_message`` let pass."""
    role, content = message["role"], content_blocks(message["content"])
    key, kind = ("id", "tool_use") if role == "assistant" else ("tool_use_id", "tool_result")
    block_digests = tuple(block_digest(block, role) for block in content)
    return CheckedMessage(
        source=source,
        role=role,
        message={"role": role, "content": content},
        digest=message_digest(role, block_digests),
        block_digests=block_digests,
        call_ids=tuple((place, block[key]) for place, block in enumerate(content) if block["type"] == kind),
    )


def content_blocks(content: str | list[Block]) -> list[Block]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
