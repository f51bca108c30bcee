"""Bodies of requests, and their outcomes."""

from typing import Any

import orjson

from tests.support.fidelity import Json
from towpath.core.errors import ApiError
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import MessagesRequest, parse_request


def body_of(messages: list[Json], **fields: Any) -> bytes:
    return orjson.dumps({"model": "m", "max_tokens": 1, "messages": messages, **fields})


def answer(body: bytes, memo: MessageMemo) -> MessagesRequest | str:
    """The outcome of a body: the request, or its error."""
    try:
        return parse_request(body, memo, ("go on",))
    except ApiError as error:
        return f"{error.status} {error.message}"
