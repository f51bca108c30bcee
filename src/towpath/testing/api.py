"""The scripted API itself: all its endpoints, around one dialogue.

It must not know what an answer says (``script``) or how it becomes bytes (``stream``, ``responses``).
"""

from collections.abc import Collection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath.testing.bedrock import Bedrock
from towpath.testing.dialogue import Dialogue
from towpath.testing.endpoint import Endpoint
from towpath.testing.foundry import Foundry
from towpath.testing.prompt_cache import PromptCache
from towpath.testing.responses import failed
from towpath.testing.script import Failure
from towpath.testing.stored import Stored
from towpath.testing.vertex import Vertex

MODELS = ("claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5")


class ScriptedApi(Dialogue):
    """A Messages API that records what it gets. Serve ``app``; call the rest from any thread.

    Recorded are requests for an answer and for a count of tokens, whichever endpoint they came to; ``stored``
    has the files and batches, and what was asked of them. ``bedrock``, ``vertex`` and ``foundry`` are the
    same dialogue as these providers have it; ``denied`` are ids of theirs that this account may not use.
    """

    def __init__(self, prompt_cache: PromptCache | None = None, *, denied: Collection[str] = ()) -> None:
        super().__init__(prompt_cache)
        self.stored = Stored()
        own = Endpoint(self)
        self.bedrock = Bedrock(self, denied)
        self.vertex = Vertex(self, denied)
        self.foundry = Foundry(self, denied)
        self.app = Starlette(
            routes=[
                Route("/v1/messages", own.messages, methods=["POST"]),
                Route("/v1/messages/count_tokens", own.count_tokens, methods=["POST"]),
                *self.stored.routes(),
                Route("/v1/models", _models),
                *self.bedrock.routes(),
                *self.vertex.routes(),
                *self.foundry.routes(),
            ],
            exception_handlers={404: _not_found, 405: _not_found, Exception: _crashed},
        )

    def clear(self) -> None:
        """Forget what was received, what was queued, and what was asked of Bedrock's lists."""
        super().clear()
        self.bedrock.asked.clear()


async def _models(_request: Request) -> Response:
    listed = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        for name in MODELS
    ]
    return JSONResponse({"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]})


async def _not_found(request: Request, _error: Exception) -> Response:
    return failed(Failure(404, "not_found_error", f"Not found: {request.method} {request.url.path}"))


async def _crashed(_request: Request, error: Exception) -> Response:
    """A queued function raised: say so in the answer, because the server's log is silent."""
    # Starlette raises it again, for which uvicorn closes the connection: nobody may use it once more.
    headers = {"connection": "close"}
    return failed(Failure(500, "api_error", f"The script failed: {error!r}", headers=headers))
