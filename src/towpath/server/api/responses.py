"""POST /v1/responses: OpenAI's Responses API."""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.events import Event, encode
from towpath.core.openai.responses_answer import ResponseFold
from towpath.core.openai.responses_request import messages_request, renamed, repeated, wants_summary
from towpath.server.api.openai import refusal

Json = dict[str, Any]


class ResponsesDoor:
    """That API for one request; it is the wire of a stream as well as the whole answer."""

    ping = b": ping\n\n"  # a comment: that API has no such event
    end = b""

    def __init__(self, fields: Any, request_id: str, created: int) -> None:
        self.request = messages_request(fields)
        self._fields = fields
        self._fold = ResponseFold(
            f"resp_{request_id.removeprefix('req_')}",
            created,
            repeated(fields),
            shows_thinking=wants_summary(fields),
        )
        # What the answer repeats and is nested too deep to be written is refused now, not in mid-answer.
        orjson.dumps({"response": self._fold.response})

    def renamed(self, error: ApiError) -> ApiError:
        return renamed(error, self._fields)

    def wire(self) -> "ResponsesDoor":
        return self

    def whole(self) -> "ResponsesDoor":
        return self

    def add(self, event: Event) -> None:
        self._fold.add(event)

    @property
    def answer(self) -> Json:
        return self._fold.response

    def event(self, event: Event) -> bytes:
        return _encoded(self._fold.add(event))

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return _encoded(self._fold.fail(error))

    def refusal(self, error: ApiError, request_id: str) -> Response:
        return refusal(error, request_id)


def _encoded(events: Iterable[Event]) -> bytes:
    return b"".join(map(encode, events))
