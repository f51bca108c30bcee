"""HTTP with limits on what a client may keep waiting, or make grow, before there is a whole request.

uvicorn leaves the length of a head and of what follows a chunked body to its parser, which has no limit,
waits for the rest of a request for ever, and answers too many connections in plain text. This is the same
protocol with all of that bounded, and answers of the API's kind.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from towpath.core.errors import ApiError
from towpath.core.statuses import status_of
from towpath.server.errors import new_request_id

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HttpLimits:
    """``step_seconds``: how long a whole head may take to arrive, and each ``step_bytes`` of a body.

    A total would end honest uploads on slow lines; without a least amount, a byte a minute would do.
    """

    step_seconds: float = 60
    step_bytes: int = 64 * 1024
    head_bytes: int = 64 * 1024
    connections: int = 1000


def limited(limits: HttpLimits) -> type["LimitedProtocol"]:
    """The protocol with these limits: uvicorn takes a class, and makes connections of it."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits})


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    limits: ClassVar[HttpLimits]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_in_body = False  # the head is whole, the message is not
        self._moved_on = False  # the bytes that just came ended a head or a message, or were a body's
        self._bytes_beside_body = 0  # that came since something moved on
        self._step = 0  # bytes of the body in this step
        self._was_held_up = False  # by us: the application did not read, at some moment of this step
        self._deadline: asyncio.TimerHandle | None = None  # of this step; none while it is our turn
        self._since = 0.0  # when it was last known to do what a client should; the event loop's time

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, if there is room or one that is silent can make room."""
        super().connection_made(transport)
        self._begin_step()
        if len(self.connections) > self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._end_step()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes, unless too many came that are none of a body's."""
        if self.transport.is_closing():
            return
        if self._deadline is None:
            self._begin_step()
        self._moved_on = False
        super().data_received(data)
        self._was_held_up |= self.flow.read_paused
        self._bytes_beside_body = 0 if self._moved_on else self._bytes_beside_body + len(data)
        if self._bytes_beside_body > self.limits.head_bytes:
            sentence = f"headers: they take more than {self.limits.head_bytes:,} bytes"
            self._refuse(ApiError(431, sentence))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. What follows a body is not one: it would be added to those that were checked."""
        if not self._is_in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._moved_on = True
        self._begin_step()
        try:
            super().on_headers_complete()
        except Exception:  # what it has no path of, it makes no request of: the parser ends here
            sentence = "the target of a request must be a path, such as /v1/messages: this server is no proxy"
            self._refuse(ApiError(400, sentence))
            raise
        self._is_in_body = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._moved_on = True
        super().on_body(body)
        self._step += len(body)
        if self._step >= self.limits.step_bytes:
            self._begin_step()

    def on_message_complete(self) -> None:
        """The request is whole; from here on it is our turn."""
        self._is_in_body, self._moved_on = False, True
        self._end_step()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Its answer is whole; how long it may be silent now is uvicorn's affair."""
        self._since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(ApiError(400, msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: the request is answered over HTTP, which is no reason to install anything."""

    def _make_room(self) -> None:
        """Close the connection that has owed its client nothing for longest; without one, this one."""
        others = [
            other
            for other in self.connections
            if isinstance(other, LimitedProtocol) and other is not self and not other.transport.is_closing()
        ]
        if len(others) < self.limits.connections:
            return
        silent = [other for other in others if other._owes_nothing]
        if silent:
            min(silent, key=lambda other: other._since)._give_up()
        else:
            sentence = f"more than {self.limits.connections} connections; close some, or reuse them"
            self._refuse(ApiError(529, sentence))

    def _begin_step(self) -> None:
        self._end_step()
        self._step, self._was_held_up, self._since = 0, self.flow.read_paused, self.loop.time()
        self._deadline = self.loop.call_later(self.limits.step_seconds, self._step_is_over)

    def _end_step(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _step_is_over(self) -> None:
        if self._was_held_up or self._is_being_answered:
            self._begin_step()
        else:
            self._give_up()

    def _give_up(self) -> None:
        """Close a connection on which a request does not come, or not go on."""
        if not self._is_in_body and not self._bytes_beside_body:
            self.transport.close()
            return
        sentence = (
            f"the request did not arrive: its head, and each {self.limits.step_bytes:,} bytes of its body, "
            f"must come within {self.limits.step_seconds:g} s. Send it again; for a slower line, set "
            "CLAUDE_PROXY_REQUEST_TIMEOUT_SECONDS higher"
        )
        self._refuse(ApiError(408, sentence))

    @property
    def _owes_nothing(self) -> bool:
        """Whether every request whose head has come is answered."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    @property
    def _is_being_answered(self) -> bool:
        """Whether the answer to another request comes first, or this one's has begun."""
        if self._owes_nothing:
            return False
        return bool(self.pipeline) or not self._is_in_body or self.cycle.response_started

    def _refuse(self, error: ApiError) -> None:
        """Close the connection; say why, if that cannot be taken for a part of another answer."""
        is_answered = self._is_in_body and self._owes_nothing
        if not self._is_being_answered and not is_answered and not self.transport.is_closing():
            request_id = new_request_id()
            log.info("refused", request_id=request_id, status=error.status, type=error.type)
            body = orjson.dumps(error.body(request_id))
            self.transport.write(
                b"HTTP/1.1 %d %s\r\n" % (error.status, status_of(error.status).phrase.encode())
                + b"content-type: application/json\r\nconnection: close\r\n"
                + b"content-length: %d\r\n\r\n" % len(body)
            )
            self.transport.write(body)
        self.transport.close()
