"""Reading streamed answers."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from tests.support.fidelity import Json, request


def stream(http: httpx.Client, messages: list[Json], **fields: Any) -> list[Json]:
    """All events of a streamed answer."""
    return list(streamed(http, request(messages, stream=True, **fields)))


def streamed(http: httpx.Client, body: Json) -> Iterator[Json]:
    """The events of an answer as they come, which must not be an error."""
    with http.stream("POST", "/v1/messages", json=body) as response:
        assert response.status_code == httpx.codes.OK, response.read()
        yield from events(response)


def events(response: httpx.Response) -> Iterator[Json]:
    """The events of a stream as they come."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield orjson.loads(line[6:])
