"""What no program would write: bodies out of raw pieces of JSON, good requests with a wild value in them.

``generated.damaged`` damages values and lets orjson write them; here the JSON itself is wild: keys that come
twice, halves of surrogate pairs, NUL, numbers beyond any type, texts of megabytes, lists of lists of lists.
"""

import json
from typing import Any

import orjson
from hypothesis import strategies as st

from tests.support.generated import REQUESTS


def raw_object(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """An object with its keys as they are: also the same one twice."""
    return b"{" + b",".join(key + b":" + value for key, value in pairs) + b"}"


# Each is a piece of JSON as it is written. Some are no JSON at all.
RAW_NUMBERS = st.sampled_from(
    [b"0", b"-0", b"-0.0", b"1.0", b"1e400", b"-1e-400", b"1" * 400, b"9" * 20, b"01", b"NaN", b"-Infinity"]
) | st.integers(-(10**40), 10**40).map(lambda number: str(number).encode())
RAW_TEXTS = st.sampled_from(
    [
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"\\u0000"',
        b'"\x00"',
        b'"\xed\xa0\x80"',  # half of a pair as UTF-8
        b'"\xff\xfe"',
        b'"\xef\xbb\xbf"',
        b'"\\ud83d\\ude00"',
        b'"\\x"',
        b'"' + b"a" * 2_000_000 + b'"',
        b'"' + "\u2028\u202e\U0010ffff".encode() + b'"',
        b'"user"',
        b'"assistant"',
        b'"text"',
        b'"tool_result"',
        b'"tool_use"',
    ]
) | st.text(max_size=20).map(lambda text: json.dumps(text).encode())
RAW_DEEP = st.tuples(st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]), st.integers(1, 1500)).map(
    lambda pair: pair[0][0] * pair[1] + b"1" + pair[0][1] * pair[1]
)
RAW_KEYS = st.sampled_from(
    [b'"model"', b'"messages"', b'"max_tokens"', b'"role"', b'"content"', b'"type"', b'"text"', b'"\\u0000"']
) | RAW_TEXTS.filter(lambda text: len(text) < 100)
RAW = st.recursive(
    RAW_NUMBERS | RAW_TEXTS | RAW_DEEP | st.sampled_from([b"true", b"null", b"", b"undefined"]),
    lambda values: (
        st.lists(values, max_size=4).map(lambda parts: b"[" + b",".join(parts) + b"]")
        | st.lists(st.tuples(RAW_KEYS, values), max_size=4).map(raw_object)
    ),
    max_leaves=8,
)


@st.composite
def wild_requests(draw: st.DrawFn) -> bytes:
    """A good request with a wild piece in place of a value, or beside it under the same key."""
    written = orjson.dumps(draw(REQUESTS))
    places = [place for place, byte in enumerate(written) if byte == ord(":")]
    place = draw(st.sampled_from(places)) + 1
    key_end = written.rindex(b'"', 0, place)
    key = written[written.rindex(b'"', 0, key_end) : place]
    return written[:place] + draw(RAW) + b"," + key + written[place:]


@st.composite
def replaced(draw: st.DrawFn) -> bytes:
    """A good request in which one value was replaced by a wild piece."""
    fields = draw(REQUESTS)
    return orjson.dumps(with_hole(draw, fields)).replace(b'"\xe2\x9c\x82"', draw(RAW))


def with_hole(draw: st.DrawFn, value: Any) -> Any:
    if not value or not isinstance(value, (dict, list)) or draw(st.integers(0, 5)) == 0:
        return "\u2702"
    keys = range(len(value)) if isinstance(value, list) else sorted(value)
    key: Any = draw(st.sampled_from(list(keys)))
    changed: Any = value.copy()
    changed[key] = with_hole(draw, value[key])
    return changed


BODIES = RAW | wild_requests() | replaced() | st.binary(max_size=60)
