"""What happens in a server, as values. Those that want to know subscribe (``publisher``).

    Began ─► LeftQueue ─► FirstEvent ─► Streamed, for each event ─► Ended

Each exchange that began publishes one Ended, from whichever of these it came to. A request that is turned
away before that is one Refused, or one CallerRejected where its caller may not call at all.

Only Began and Streamed hold what was said. Nobody keeps that unless the operator asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.reading.request import MessagesRequest
from towpath.server.exchange.record import ExchangeRecord


@dataclass(frozen=True, slots=True)
class Began:
    """An exchange waits for its place. ``body`` is its request as the Messages API has it."""

    exchange: ExchangeRecord
    request: MessagesRequest
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """It has its place."""

    exchange: ExchangeRecord


@dataclass(frozen=True, slots=True)
class FirstEvent:
    """The first event of its answer is there, and with it the ``headers`` of the response."""

    exchange: ExchangeRecord
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Streamed:
    """One event of its answer, the first one included, goes to the client."""

    request_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over: complete, failed, or its client has left."""

    exchange: ExchangeRecord


@dataclass(frozen=True, slots=True)
class Refused:
    """A request broke a rule before there was an exchange."""

    request_id: str
    error: ApiError


@dataclass(frozen=True, slots=True)
class CallerRejected:
    """The guard did not let a caller in."""

    request_id: str
    path: str
    error: ApiError


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """The newest word on the limits of an access is of another kind than the one before it."""

    access: str
    status: str
    window: str | None
    extra_usage: bool


ServerEvent = Began | LeftQueue | FirstEvent | Streamed | Ended | Refused | CallerRejected | LimitsChanged

Publish = Callable[[ServerEvent], None]
"""Tells all that want to know. It returns when they have heard, and never raises."""
