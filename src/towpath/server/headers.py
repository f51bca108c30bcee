"""The headers of responses: what each of them means, and those that every response has.

Every response tells a browser to take its type as it is, and to let no other site embed it. An answer may
have a model's words, and a file may be a page. Neither may run on this server's own origin.
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
# What the answer of a model has. /openapi.json and docs/endpoints.md say the same.
OF_ANSWERS: Mapping[str, str] = {
    "request-id": "Id of the exchange, as in the log.",
    "x-towpath-way": "How a process came to hold the conversation: start, resume or answer.",
    "x-towpath-reason": "Why it was that way.",
    "x-towpath-session": "Number of the session that answered.",
    "x-towpath-transient-texts": "How many transient texts were left out.",
    "x-towpath-loaded-tools": "How many deferred tools were sent in full because a result refers to them; "
    "absent if none.",
    "x-towpath-cache": "Tokens read from the prompt cache and written into it, and after `; miss=` why it "
    "did not hold more; absent where the upstream gives these figures only at the end.",
    "server-timing": "Milliseconds to read the request (`read`), in the queue (`queue`), until a process was "
    "ready (`start`), and until the model's first event (`model`).",
    "anthropic-ratelimit-unified-status": "What is known of the account's limits; further headers of this "
    "prefix say the rest, as at the API.",
}
OF_OTHERS: Mapping[str, str] = {
    "x-request-id": "The same as `request-id`, where OpenAI's clients look for it.",
    "x-towpath-count": "Whose count of tokens it is: exact (the API's) or estimate (the CLI's).",
    "retry-after": "Seconds to wait before the next try; on errors, where that is known.",
}


class AlwaysHeaders:
    """Middleware that adds them to every response of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(ALWAYS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
