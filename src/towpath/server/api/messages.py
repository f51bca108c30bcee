"""POST /v1/messages: the Messages API, in whose words all exchanges are held."""

from collections.abc import Mapping

from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.to_json import Json
from towpath.server.http.streaming import MessagesStream


class MessagesFormat(MessagesStream):
    """That API for one request: nothing has to be translated."""

    id_headers = ("request-id",)
    headers: Mapping[str, str] = {}

    def __init__(self, _request_id: str, _caller: str, _access: str) -> None:
        self._fold = MessageFold()

    def translated(self, body: bytes) -> bytes:
        return body

    def renamed(self, error: ApiError) -> ApiError:
        return error

    def add(self, event: Event) -> None:
        self._fold.add(event)

    @property
    def answer(self) -> Json:
        return self._fold.message
