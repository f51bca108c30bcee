"""The canonical form of a conversation and its digest chain: what counts as "the same conversation".

This module is a contract. A session serves a request only if every message before the newest one has
the same canonical form as what the session holds (invariant 3), so whatever is left out here must be
invisible to the model, and whatever clients rewrite between two requests without meaning it must be
left out here. The rules:

1. A string is one text block.
2. ``cache_control`` never counts: clients move it with each request, and the CLI sets its own.
3. ``thinking`` and ``redacted_thinking`` never count: many clients drop them from what they echo.
4. White space at the end of an assistant's text does not count, and a text that was only that is no
   block: clients trim.
5. ``is_error: false``, null values, an empty ``citations`` list and ``caller: {"type": "direct"}`` say
   the same as their absence.
6. JSON is compared as values: key order does not count, 1.0 equals 1.
7. Texts that the operator declared transient are not there (``transient``).

Adjacent messages of one role have been merged before (``request``), as the API merges them.

The chain: ``tips[0]`` is the launch key, ``tips[k]`` covers the first k messages. The prefix makes a
later change of these rules detectable; bump it with the change.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, NewType

import orjson

from towpath.core.request import Message

Tip = NewType("Tip", bytes)

CHAIN_PREFIX = b"towpath-chain-1:"
_DIGEST_BYTES = 20
_UNCOUNTED_BLOCKS = frozenset({"thinking", "redacted_thinking"})


def tips(launch_key: bytes, messages: Sequence[Message]) -> list[Tip]:
    """The digests of all prefixes of a conversation, the empty one first: len(messages) + 1 values."""
    chain = [seed(launch_key)]
    for message in messages:
        chain.append(step(chain[-1], message))
    return chain


def seed(launch_key: bytes) -> Tip:
    """The tip of a conversation without messages."""
    return Tip(blake2b(CHAIN_PREFIX + launch_key, digest_size=_DIGEST_BYTES).digest())


def step(tip: Tip, message: Message) -> Tip:
    """The tip after one more message."""
    return Tip(blake2b(tip + digestible(canonical_message(message)), digest_size=_DIGEST_BYTES).digest())


def digestible(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def canonical_message(message: Message) -> Any:
    """The canonical form of one message, as JSON values."""
    assistant = message["role"] == "assistant"
    return [message["role"], list(_canonical_blocks(message["content"], assistant=assistant))]


def _canonical_blocks(blocks: Iterable[dict[str, Any]], *, assistant: bool) -> Iterable[Any]:
    for block in blocks:
        kind = block["type"]
        if kind in _UNCOUNTED_BLOCKS:
            continue
        if kind == "text" and assistant:
            text = block["text"].rstrip()
            if text:
                yield plain({**block, "text": text})
        elif kind == "tool_result":
            yield plain({**block, "content": result_blocks(block), "is_error": block.get("is_error") or None})
        else:
            yield plain(block)


def result_blocks(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The content of a tool_result as a list of blocks, whichever of its three forms was sent."""
    content = block.get("content")
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def plain(value: Any) -> Any:
    """A JSON value without what never counts: cache_control, nulls, empty citations, 1.0 for 1."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if _counts(key, item)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _counts(key: str, value: Any) -> bool:
    if key == "cache_control" or value is None:
        return False
    return not ((key == "citations" and value == []) or (key == "caller" and value == {"type": "direct"}))
