"""POST /v1/responses: OpenAI's Responses API."""

import time
from collections.abc import Iterable, Mapping, Set
from typing import Any

import orjson
from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.events import Event, encode
from towpath.core.openai.given_items import GivenItems
from towpath.core.openai.json_mode import ObjectAsText
from towpath.core.openai.left_out import RESPONSES, header, leave_out
from towpath.core.openai.responses_answer import ResponseFold
from towpath.core.openai.responses_request import (
    Translation,
    renamed,
    repeated,
    translation,
    wants_summary,
)
from towpath.core.to_json import Json
from towpath.server.api.translation import ID_HEADERS, PING, translated_body
from towpath.server.errors import openai_error_response


class ResponsesFormat:
    """That API for one request. ``searches``: the accesses that have Anthropic's search of the web."""

    id_headers = ID_HEADERS
    ping = PING
    end = b""

    def __init__(
        self, given_items: GivenItems, searches: Set[str], request_id: str, caller: str, access: str
    ) -> None:
        self.headers: Mapping[str, str] = {}
        self._id = f"resp_{request_id.removeprefix('req_')}"
        self._created = int(time.time())
        self._given_items = given_items
        self._has_search = access in searches
        self._caller = caller
        self._keeps_items = True
        self._made: Translation | None = None
        self._fold: ResponseFold
        self._object: ObjectAsText

    def translated(self, body: bytes) -> bytes:
        return translated_body(body, self._translate)

    def renamed(self, error: ApiError) -> ApiError:
        return error if self._made is None else renamed(error, self._made)

    def event(self, event: Event) -> bytes:
        return _encoded(self._told(event))

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return _encoded(self._fold.fail(error))

    def error_response(self, error: ApiError, request_id: str) -> Response:
        return openai_error_response(error, request_id)

    def add(self, event: Event) -> None:
        self._told(event)

    @property
    def answer(self) -> Json:
        return self._fold.response

    def _translate(self, fields: Any) -> Json:
        asked, hints = leave_out(self._given_items.resolved(self._caller, fields), RESPONSES)
        made = translation(asked, has_search=self._has_search)
        self.headers = header([*hints, *made.left_out])
        self._object = ObjectAsText(made.json_tool)
        shows_thinking = wants_summary(fields)
        self._fold = ResponseFold(
            self._id, self._created, repeated(fields), made.names, shows_thinking=shows_thinking
        )
        # What the answer repeats and is nested too deep to be written is refused now, not in mid-answer.
        orjson.dumps({"response": self._fold.response})
        self._made = made
        self._keeps_items = fields.get("store") is not False  # who says so points at none of them
        return made.request

    def _told(self, event: Event) -> list[Json]:
        told = [sent for shown in self._object.events(event) for sent in self._fold.add(shown)]
        if self._keeps_items:
            for item in (sent["item"] for sent in told if sent["type"] == "response.output_item.done"):
                self._given_items.keep(self._caller, item)
        return told


def _encoded(events: Iterable[Event]) -> bytes:
    return b"".join(map(encode, events))
