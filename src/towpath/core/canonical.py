"""The canonical form of a conversation and its digest chain: what counts as "the same conversation".

This module is a contract. A session serves a request only if every message before the newest one has
the same canonical form as what the session holds (invariant 3), so whatever is left out here must be
invisible to the model, and whatever clients rewrite between two requests without meaning it must be
left out here. The rules:

1. A string is one text block.
2. ``cache_control`` of a block never counts: clients move it with each request, and the CLI sets its own.
3. ``thinking`` and ``redacted_thinking`` never count: many clients drop them from what they echo.
4. White space at the end of an assistant's text does not count, and a text of white space alone is not a
   block: clients trim. An assistant's message in which no block counts is not a message (``request``).
5. In a block, ``is_error: false``, a null, an empty ``citations`` list and ``caller: {"type": "direct"}``
   mean the same as their absence.
6. JSON is compared as values: key order does not count, 1.0 equals 1. A tool's input is data:
   there everything else counts.
7. Texts that the operator declared transient do not count (``transient``).

Adjacent messages of one role have been merged before (``request``), as the API merges them. A message of
role ``system`` has become the last block of the user's before it, with a type of its own: so it counts, and
roles still alternate.

The digest of a message is its role and the digests of its blocks, one after the other: so what is known
of a block stays true when messages are merged or a transient text beside it is left out.

The chain: ``tips[0]`` is the launch key, ``tips[k]`` covers the first k messages. The prefix makes a
later change of these rules detectable; bump it with the change.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, NewType

import orjson

from towpath.core.to_json import Json

Tip = NewType("Tip", bytes)
Block = Json

SYSTEM_TEXT = "system_text"  # not a type of the API's: no client can send such a block
CHAIN_PREFIX = b"towpath-chain-2:"
_DIGEST_BYTES = 20
_EXACT_FLOATS = 2**53  # beyond it a float no longer means one integer
_UNCOUNTED_BLOCKS = frozenset({"thinking", "redacted_thinking"})


def tips(launch_key: bytes, digests: Iterable[bytes]) -> list[Tip]:
    """The tips of all prefixes of a conversation, the empty one first: one more than it has messages."""
    tip = seed(launch_key)
    return [tip, *(tip := link(tip, digest) for digest in digests)]


def seed(launch_key: bytes) -> Tip:
    """The tip of a conversation without messages."""
    return Tip(_hash(CHAIN_PREFIX + launch_key))


def step(tip: Tip, message: Mapping[str, Any]) -> Tip:
    """The tip after one more message."""
    return link(tip, digest_of(message))


def digest_of(message: Mapping[str, Any]) -> bytes:
    """The digest of a whole message, its content a list of blocks."""
    role = message["role"]
    return message_digest(role, [block_digest(block, role) for block in message["content"]])


def message_digest(role: str, block_digests: Iterable[bytes]) -> bytes:
    """The digest of a message, of any length: the chain hashes it."""
    return role.encode() + b":" + b"".join(block_digests)


def block_digest(block: Block, role: str) -> bytes:
    """The digest of a block in a message of this role; empty for one that does not count."""
    counted = canonical_block(block, role)
    return b"" if counted is None else _hash(digestible(comparable(counted)))


def digestible(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def canonical_block(block: Block, role: str) -> Block | None:
    """The canonical form of a block but for its numbers (``comparable``); None if it does not count."""
    kind = block["type"]
    if kind in _UNCOUNTED_BLOCKS:
        return None
    if kind == "text" and role == "assistant":
        text = block["text"].rstrip()
        return _counted({**block, "text": text}) if text else None
    if kind == "tool_result":
        return _counted({**block, "content": result_blocks(block), "is_error": block.get("is_error") or None})
    return _counted(block)


def link(tip: Tip, digest: bytes) -> Tip:
    """The tip after one more message with this digest."""
    return Tip(_hash(tip + digest))


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()


def result_blocks(block: Block) -> list[Block]:
    """The content of a tool_result as a list of blocks, whichever of its three forms was sent."""
    content = block.get("content")
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def is_reference(block: Block) -> bool:
    """Whether it refers to the definition of a tool, in a result."""
    return bool(block["type"] == "tool_reference")


def unmarked(block: Block) -> Block:
    """The block without cache_control, its own and that of the blocks inside it."""
    return {
        key: _of_inner_blocks(key, value, unmarked) for key, value in block.items() if key != "cache_control"
    }


def comparable(value: Any) -> Any:
    """A JSON value in which equal numbers are equal: 1.0 becomes 1. Its keys and nulls are data, and stay."""
    return _with_integers(value) if _has_float(value) else value


def _has_float(value: Any) -> bool:
    # Fractions are rare, and looking without copying takes a quarter of the time.
    rest = [value]
    while rest:
        item = rest.pop()
        kind = type(item)
        if kind is dict:
            rest += item.values()
        elif kind is list:
            rest += item
        elif kind is float:
            return True
    return False


def _with_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOATS:
        return int(value)
    return value


def _counted(block: Block) -> Block:
    return {
        key: _of_inner_blocks(key, value, _counted) for key, value in block.items() if _counts(key, value)
    }


def _counts(key: str, value: Any) -> bool:
    if key == "cache_control" or value is None:
        return False
    return not ((key == "citations" and value == []) or (key == "caller" and value == {"type": "direct"}))


def _of_inner_blocks(key: str, value: Any, change: Callable[[Block], Block]) -> Any:
    """Only ``content`` (tool_result, search_result) and a document's ``source`` contain blocks."""
    if key == "source" and isinstance(value, dict):
        return change(value)
    if key == "content" and isinstance(value, list):
        return [change(item) if isinstance(item, dict) else item for item in value]
    return value
