"""POST /v1/chat/completions: OpenAI's chat API."""

from typing import Any

from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.openai.chat_answer import ChatChunks, chat_completion
from towpath.core.openai.chat_messages import places
from towpath.core.openai.chat_request import messages_request, wants_usage
from towpath.core.openai.parts import error_body, with_own_places
from towpath.core.to_json import to_json
from towpath.server.api.openai import refusal

Json = dict[str, Any]


class ChatDoor:
    """That API for one request."""

    def __init__(self, fields: Any, _request_id: str, created: int) -> None:
        self.request = messages_request(fields)
        self._messages = fields["messages"]
        self._created = created
        self._wants_usage = wants_usage(fields)

    def renamed(self, error: ApiError) -> ApiError:
        return with_own_places(error, "messages", places(self._messages))

    def wire(self) -> "_ChatWire":
        return _ChatWire(ChatChunks(self._created, include_usage=self._wants_usage))

    def whole(self) -> "_WholeCompletion":
        return _WholeCompletion(self._created)


class _WholeCompletion(MessageFold):
    def __init__(self, created: int) -> None:
        super().__init__()
        self._created = created

    @property
    def answer(self) -> Json:
        return chat_completion(self.message, self._created)


class _ChatWire:
    """As OpenAI's API has it: data lines alone, and a word at the end."""

    ping = b": ping\n\n"  # a comment: that API has no such event
    end = b"data: [DONE]\n\n"

    def __init__(self, chunks: ChatChunks) -> None:
        self._chunks = chunks

    def event(self, event: Event) -> bytes:
        return b"".join(b"data: %s\n\n" % to_json(chunk) for chunk in self._chunks.add(event))

    def error(self, error: ApiError, _request_id: str) -> bytes:
        return b"data: %s\n\n" % to_json(error_body(error))

    def refusal(self, error: ApiError, request_id: str) -> Response:
        return refusal(error, request_id)
