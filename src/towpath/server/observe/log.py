"""The lines of the log on what happened."""

from typing import Any

import structlog

from towpath.core.errors import ApiError
from towpath.core.explanations import explanation_of
from towpath.core.usage import counts
from towpath.server.exchange.events import CallerRejected, Ended, LimitsChanged, Refused

log = structlog.get_logger("towpath.exchange")


_SENTENCE_CHARS = 1000  # some upstreams answer with a whole page


def ended(event: Ended) -> None:
    """The line that each exchange leaves: a warning that says why if it failed."""
    exchange = event.exchange
    say = log.warning if exchange.error else log.info
    say(
        "exchange",
        request_id=exchange.request_id,
        session=exchange.session,
        way=exchange.way,
        reason=exchange.reason,
        access=exchange.access,
        mode=exchange.mode.value,
        model=exchange.model,
        messages=exchange.messages,
        outcome=exchange.state.value,
        stop_reason=exchange.stop_reason,
        usage=counts(exchange.usage),
        cache_read=exchange.cache.read,
        cache_write=exchange.cache.written,
        cache_note=exchange.cache_miss.sentence if exchange.cache_miss else None,
        **({"error": exchange.error.type, **_said(exchange.error)} if exchange.error else {}),
        **{f"{name}_ms": value for name, value in exchange.phases_ms.items()},
        total_ms=round(exchange.seconds * 1000, 1),
        **exchange.labels,
    )


def refused(event: Refused) -> None:
    """A request broke a rule."""
    log.warning("refused", request_id=event.request_id, type=event.error.type, **_said(event.error))


def caller_rejected(event: CallerRejected) -> None:
    """A caller was not let in, and why."""
    error = event.error
    log.warning(
        "kept out", request_id=event.request_id, status=error.status, path=event.path, reason=error.message
    )


def limits_changed(event: LimitsChanged) -> None:
    """The account's limits are in another state than before."""
    log.info(
        "limits", access=event.access, status=event.status, window=event.window, extra_usage=event.extra_usage
    )


def _said(error: ApiError) -> dict[str, Any]:
    """``explanation`` repeats nothing of a request; ``sentence`` may, and is for terminals (``cli.logs``)."""
    return {
        "status": error.status,
        "explanation": str(explanation_of(error)),
        "sentence": error.message[:_SENTENCE_CHARS],
    }
