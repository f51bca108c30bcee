"""JSON: the type of an object, and how it is written. Pure."""

import json
from typing import Any

import orjson

Json = dict[str, Any]
"""A JSON object."""


def to_json(value: Any, *, indented: bool = False) -> bytes:
    """The value as JSON, even where orjson refuses it.

    An upstream may send numbers beyond 64 bits, half a surrogate pair, or 254 nested lists.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indented else None)
    except orjson.JSONEncodeError:
        return json.dumps(value, indent=2 if indented else None, separators=(",", ":")).encode()
