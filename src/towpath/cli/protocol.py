"""HTTP with limits on what arrives before there is a request: its head, and connections.

uvicorn leaves the length of a head to its parser, which has no limit, and answers too many connections in
plain text; this is the same protocol with both bounded, and answers of the API's kind.
"""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from towpath.core.errors import ApiError
from towpath.server.errors import new_request_id

MAX_HEAD_BYTES = 64 * 1024
MAX_CONNECTIONS = 1000
_REASONS = {431: b"Request Header Fields Too Large", 529: b"Overloaded"}


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_bytes = 0
        self._is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            sentence = f"more than {MAX_CONNECTIONS} connections; close some, or reuse them"
            self._refuse(ApiError(529, sentence))

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_bytes, self._is_in_head = 0, True

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._is_in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes, unless they belong to a head that has become too long."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._head_bytes += len(data) if self._is_in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES:
            sentence = f"headers: they take more than {MAX_HEAD_BYTES:,} bytes"
            self._refuse(ApiError(431, sentence, type="invalid_request_error"))

    def _refuse(self, error: ApiError) -> None:
        body = orjson.dumps(error.body(new_request_id()))
        self.transport.write(
            b"HTTP/1.1 %d %s\r\n" % (error.status, _REASONS[error.status])
            + b"content-type: application/json\r\nconnection: close\r\n"
            + b"content-length: %d\r\n\r\n" % len(body)
        )
        self.transport.write(body)
        self.transport.close()
