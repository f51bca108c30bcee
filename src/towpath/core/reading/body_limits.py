"""How large a body may be: its bytes, its JSON values and how deep they are nested.

These limits come before any rule about what is in it, and hold for every endpoint that takes one.
"""

from typing import Any

import orjson

from towpath.core.errors import ApiError

MAX_BODY_BYTES = 32 * 1024 * 1024  # the API's own limit
# A value takes at least two bytes to send and 65 to hold: ten million empty lists took 2 GB and 67 s. The
# largest of 64 recorded requests of nine clients has 830 values; 32 MB of its kind would have 210,000.
MAX_VALUES = 1_000_000
_SMALLEST_VALUE = len("1,")
_WINDOW_BYTES = 1024 * 1024  # of text that is examined at a time
# orjson reads 1024 levels and writes 254, and what is written wraps a message in a few of its own.
MAX_DEPTH = 200
_WRITABLE_DEPTH = 254


def too_large() -> ApiError:
    """What a body over the limit is answered with, wherever it is found to be."""
    return ApiError(413, f"Request exceeds the maximum size of {MAX_BODY_BYTES:,} bytes")


def is_deeper_than(limit: int, value: Any) -> bool:
    """Whether a JSON value has more levels of objects and lists.

    Wraps it so deeply that orjson can write only ``limit`` further levels. That takes 70 ms for 10 million
    small lists; visiting each of them takes 4 s longer.
    """
    for _ in range(_WRITABLE_DEPTH - limit):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


def check_values(body: bytes) -> None:
    """Raise ``ApiError`` for JSON that has too many values to be read. Text that is not JSON may pass.

    Each value follows a bracket or a comma, so these are counted; an empty list counts as two. Only if there
    are too many, those inside strings are left out. 30 MB take 0.1 s, or 0.2 s in that case.
    """
    if len(body) < MAX_VALUES * _SMALLEST_VALUE or _starts(body) <= MAX_VALUES:
        return
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    values, in_text = 0, 0
    for start in range(0, len(plain), _WINDOW_BYTES):
        parts = plain[start : start + _WINDOW_BYTES].split(b'"')
        values += _starts(b"".join(parts[in_text::2]))
        in_text ^= (len(parts) - 1) % 2
        if values > MAX_VALUES:
            raise ApiError(413, f"Request exceeds the maximum number of JSON values ({MAX_VALUES:,})")


def _starts(text: bytes) -> int:
    return text.count(b",") + text.count(b"[") + text.count(b"{")
