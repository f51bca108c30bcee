"""Thinking as a reasoning item of OpenAI's Responses API carries it, there and back. Pure.

Its ``encrypted_content`` is the whole block in base64: that API's clients send it back without looking
inside, and so the block and its signature return to the history. ``summary`` is for people.
"""

import base64
from typing import Any

import orjson

from towpath.core.to_json import Json

_FIELDS = {"thinking": ("type", "thinking", "signature"), "redacted_thinking": ("type", "data")}
TYPES = frozenset(_FIELDS)


def packed(block: Json) -> str:
    """A block of thinking as ``encrypted_content``."""
    return base64.b64encode(orjson.dumps(block)).decode()


def unpacked(content: Any) -> Json | None:
    """The block that was packed; None for anything that this server did not send."""
    try:
        block = orjson.loads(base64.b64decode(content, validate=True))
    except (ValueError, TypeError):
        return None
    kind = block.get("type") if isinstance(block, dict) else None
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or not all(isinstance(block.get(name), str) for name in fields):
        return None
    return {name: block[name] for name in fields}
