"""JSON: an object as a value, and as it is sent and kept. Pure."""

import json
from typing import Any

import orjson

Json = dict[str, Any]
"""A JSON object."""


def to_json(value: Any, *, indented: bool = False) -> bytes:
    """Also what orjson refuses and an upstream may say: numbers beyond 64 bits, half of a surrogate pair,
    254 lists in each other."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indented else None)
    except orjson.JSONEncodeError:
        return json.dumps(value, indent=2 if indented else None, separators=(",", ":")).encode()
