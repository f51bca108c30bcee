"""The body of a request, read: its fields as values, its messages as the client's own bytes.

Knows JSON. Must not know what a field means, nor how much of it is too much (``body_limits``).

A conversation comes back with every turn, so nearly all of a body has been here before. To split 5.4 MB and
leave the messages unread takes 4 ms, to read it 6.5 ms, and what follows from that 25 ms.
orjson has the last word on every value: what the splitting parser skips is read by orjson
unless the same bytes came before (``memo``), and a body that it refuses or is unsure of is read as a whole.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    check_values,
    is_deeper_than,
    too_large,
)
from towpath.core.reading.memo import MessageMemo

# With more fields or messages than this, finding each takes longer than reading them all.
_MOST_PARTS = 100_000


@dataclass(frozen=True, slots=True)
class Body:
    """``fields["messages"]`` holds a ``CheckedMessage`` for each message that is known, values for the rest.

    ``sources`` has the bytes of those by index; it is empty if the body had to be read as a whole.
    """

    fields: dict[str, Any]
    sources: dict[int, bytes]


class _Name:
    """A top-level key as an object of its own, so that a repeated key is seen twice."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _Unsplit(Exception):  # noqa: N818 - no error: the body is read as a whole, which may find none
    """The body cannot be taken apart for certain."""


_TOP_LEVEL = msgspec.json.Decoder(dict[_Name, msgspec.Raw], dec_hook=lambda _, text: _Name(text))
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_NOT_SPLIT = (_Unsplit, msgspec.MsgspecError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError)


def read_body(body: bytes, memo: MessageMemo) -> Body:
    """The body of a request. Raises ``ApiError`` if it is too large, too deep or no JSON object."""
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    try:
        return _split(body, memo)
    except _NOT_SPLIT:
        return Body(_read_whole(body), {})


def _split(body: bytes, memo: MessageMemo) -> Body:
    check_values(body)
    raw = _top_level(body)
    messages = raw.pop("messages", None)
    fields = {name: _read_part(bytes(value), MAX_DEPTH - 1) for name, value in raw.items()}
    if messages is None:
        return Body(fields, {})
    parts = [bytes(part) for part in _LIST.decode(messages)]
    if len(parts) > _MOST_PARTS:
        raise _Unsplit
    found: list[Any] = [*memo.find(parts)]
    sources = {index: message for index, message in enumerate(found) if isinstance(message, bytes)}
    for index, source in sources.items():
        found[index] = _read_part(source, MAX_DEPTH - 2)
    return Body({**fields, "messages": found}, sources)


def _top_level(body: bytes) -> dict[str, msgspec.Raw]:
    pairs = _TOP_LEVEL.decode(body)
    raw = {name.text: value for name, value in pairs.items()}
    if len(raw) < len(pairs) or len(raw) > _MOST_PARTS:
        raise _Unsplit  # of a repeated name the last value counts, but the first must be JSON as well
    return raw


def _read_part(part: bytes, max_depth: int) -> Any:
    value = orjson.loads(part)
    if is_deeper_than(max_depth, value):
        raise _Unsplit
    return value


def _read_whole(body: bytes) -> dict[str, Any]:
    check_values(body)
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ApiError(400, "The request body is not a JSON object")
    if is_deeper_than(MAX_DEPTH, fields):
        raise ApiError(400, f"The request body is nested deeper than {MAX_DEPTH} levels")
    return fields
