"""The body of a request, received and decoded: one place for all endpoints that read one."""

import asyncio

from starlette.requests import Request
from starlette.types import Receive, Scope

from towpath.core.reading.body_limits import MAX_BODY_BYTES, too_large
from towpath.core.reading.content_coding import codings_in, decoded


async def receive_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, decoded. The limit of its size holds before and after that.

    Raises ApiError for a body that is too large, damaged or in an unknown coding, and
    ClientDisconnect.
    """
    request = Request(scope, receive)
    codings = codings_in(request.headers.getlist("content-encoding"))
    expected, length, parts = int(request.headers.get("content-length") or 0), 0, []
    async for part in request.stream():
        length += len(part)
        if max(length, expected) > MAX_BODY_BYTES:
            raise too_large()
        parts.append(part)
    body = b"".join(parts)
    # In a thread: a body of a few KB may take as long to decode as the largest, 0.1 s.
    return await asyncio.to_thread(decoded, body, codings) if codings else body
