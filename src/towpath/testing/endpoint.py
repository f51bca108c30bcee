"""An endpoint around the dialogue: the API's own, of which each provider changes what it has otherwise.

It must not know which endpoints there are (``api``).
"""

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from towpath.testing.dialogue import Dialogue, read_json
from towpath.testing.responses import OF_THE_API, Wire, failed, replied
from towpath.testing.script import Failure, Json
from towpath.testing.stream import estimated_tokens


class Endpoint:
    """``denied`` are ids of models that this account may not use."""

    wire: Wire = OF_THE_API
    count_field = "input_tokens"

    def __init__(self, dialogue: Dialogue, denied: Collection[str] = ()) -> None:
        self._dialogue = dialogue
        self.denied = denied

    def refusal(self, _request: Request, _body: Json) -> Failure | None:
        """What is said before any model is asked."""
        return None

    def failed(self, failure: Failure) -> Response:
        """The error as it is written here."""
        return failed(failure)

    async def messages(self, request: Request) -> Response:
        """Serve a request that has its model in the body."""
        return await self.answered(request, await read_json(request))

    async def count_tokens(self, request: Request) -> Response:
        """The same for a count."""
        return self.counted(request, await read_json(request))

    async def answered(self, request: Request, body: Json | Failure) -> Response:
        """The model's answer to a body that was read, or why there is none."""
        if isinstance(body, Failure):
            return self.failed(body)
        answer = self._refused(request, body) or await self._dialogue.answer(request, body)
        return self.failed(answer) if isinstance(answer, Failure) else await replied(answer, body, self.wire)

    def counted(self, request: Request, body: Json | Failure) -> Response:
        """The same for a count: four characters of the JSON make a token."""
        if isinstance(body, Failure):
            return self.failed(body)
        if refusal := self._refused(request, body):
            return self.failed(refusal)
        self._dialogue.record(request, body)
        return JSONResponse({self.count_field: estimated_tokens(body)})

    def _refused(self, request: Request, body: Json) -> Failure | None:
        """The request is noted all the same: it was made."""
        refusal = self.refusal(request, body)
        if refusal:
            self._dialogue.record(request, body)
        return refusal
