"""POST /v1/chat/completions: OpenAI's chat API."""

import time
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.openai.chat_answer import ChatChunks, chat_completion
from towpath.core.openai.chat_request import Translation, translation
from towpath.core.openai.chat_shape import Shape
from towpath.core.openai.json_mode import ObjectAsText
from towpath.core.openai.left_out import header
from towpath.core.openai.shared_parts import error_body
from towpath.core.to_json import Json, to_json
from towpath.server.api.translation import ID_HEADERS, PING, translated_body
from towpath.server.errors import openai_error_response


class ChatFormat:
    """That API for one request. Its stream has only data lines, and ends with `[DONE]`."""

    id_headers = ID_HEADERS
    ping = PING
    end = b"data: [DONE]\n\n"

    def __init__(self, _request_id: str, _caller: str, _access: str) -> None:
        self.headers: Mapping[str, str] = {}
        self._created = int(time.time())
        self._made: Translation | None = None
        self._shape: Shape
        self._chunks: ChatChunks
        self._object: ObjectAsText
        self._fold = MessageFold()

    def translated(self, body: bytes) -> bytes:
        return translated_body(body, self._translate)

    def renamed(self, error: ApiError) -> ApiError:
        return error if self._made is None else self._made.renamed(error)

    def event(self, event: Event) -> bytes:
        chunks = (chunk for shown in self._object.events(event) for chunk in self._chunks.add(shown))
        return b"".join(b"data: %s\n\n" % to_json(chunk) for chunk in chunks)

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return b"data: %s\n\n" % to_json(error_body(error))

    def error_response(self, error: ApiError, request_id: str) -> Response:
        return openai_error_response(error, request_id)

    def add(self, event: Event) -> None:
        for shown in self._object.events(event):
            self._fold.add(dict(shown))

    @property
    def answer(self) -> Json:
        return chat_completion(self._fold.message, self._created, self._shape)

    def _translate(self, fields: Any) -> Json:
        made = translation(fields)
        self.headers = header(made.left_out)
        self._shape = made.shape
        self._chunks = ChatChunks(self._created, made.shape)
        self._object = ObjectAsText(made.json_tool)
        self._made = made
        return made.request
