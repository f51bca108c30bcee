"""POST /v1/responses: OpenAI's Responses API."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.events import Event, encode
from towpath.core.openai.left_out import RESPONSES, header, leave_out
from towpath.core.openai.responses_answer import ResponseFold
from towpath.core.openai.responses_request import messages_request, renamed, repeated, wants_summary
from towpath.core.to_json import Json
from towpath.server.api.translation import ID_HEADERS, PING, translated_body
from towpath.server.errors import openai_error_response


class ResponsesFormat:
    """That API for one request."""

    id_headers = ID_HEADERS
    ping = PING
    end = b""

    def __init__(self, request_id: str) -> None:
        self.headers: Mapping[str, str] = {}
        self._id = f"resp_{request_id.removeprefix('req_')}"
        self._created = int(time.time())
        self._fields: Json | None = None  # as they were sent, once they are translated
        self._fold: ResponseFold

    def translated(self, body: bytes) -> bytes:
        return translated_body(body, self._translate)

    def renamed(self, error: ApiError) -> ApiError:
        return error if self._fields is None else renamed(error, self._fields)

    def event(self, event: Event) -> bytes:
        return _encoded(self._fold.add(event))

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return _encoded(self._fold.fail(error))

    def error_response(self, error: ApiError, request_id: str) -> Response:
        return openai_error_response(error, request_id)

    def add(self, event: Event) -> None:
        self._fold.add(event)

    @property
    def answer(self) -> Json:
        return self._fold.response

    def _translate(self, fields: Any) -> Json:
        asked, left_out = leave_out(fields, RESPONSES)
        self.headers = header(left_out)
        request = messages_request(asked)
        self._fold = ResponseFold(
            self._id, self._created, repeated(fields), shows_thinking=wants_summary(fields)
        )
        # What the answer repeats and is nested too deep to be written is refused now, not in mid-answer.
        orjson.dumps({"response": self._fold.response})
        self._fields = fields
        return request


def _encoded(events: Iterable[Event]) -> bytes:
    return b"".join(map(encode, events))
