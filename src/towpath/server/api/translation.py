"""What the formats of OpenAI's two APIs, ``chat`` and ``responses``, have in common."""

from collections.abc import Callable
from typing import Any

import orjson

from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import check_values
from towpath.core.to_json import Json

ID_HEADERS = ("request-id", "x-request-id")
PING = b": ping\n\n"  # a comment: these APIs have no such event


def translated_body(body: bytes, translate: Callable[[Any], Json]) -> bytes:
    """The body of a request with its fields translated to those of the Messages API.

    Raises ApiError (400, 413) for a body that cannot be read, or that ``translate`` cannot write.
    """
    check_values(body)
    try:
        return orjson.dumps(translate(orjson.loads(body)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error
