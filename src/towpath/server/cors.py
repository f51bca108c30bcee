"""Which pages may read the answers: those of the origins that the operator named, and every answer.

A refusal is an answer as well: a page that cannot read it cannot say what is wrong. So this is outside of
what refuses; and it passes over other origins, whose requests the guard answers without a word of CORS.
"""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send


class Cors(CORSMiddleware):
    """Starlette's, for requests of the origins in ``allow_origins``."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or self.is_allowed_origin(origin):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
