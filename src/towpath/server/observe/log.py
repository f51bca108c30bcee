"""The lines of the log on what happened."""

import structlog

from towpath.core.usage import counts
from towpath.server.exchange.events import CallerRejected, Ended, LimitsChanged, Refused

log = structlog.get_logger("towpath.exchange")


def ended(event: Ended) -> None:
    """The line that each exchange leaves."""
    exchange = event.exchange
    error = {"status": exchange.error.status, "error": exchange.error.type} if exchange.error else {}
    log.info(
        "exchange",
        request_id=exchange.request_id,
        session=exchange.session,
        way=exchange.way,
        reason=exchange.reason,
        mode=exchange.mode.value,
        model=exchange.model,
        messages=exchange.messages,
        outcome=exchange.state.value,
        stop_reason=exchange.stop_reason,
        usage=counts(exchange.usage),
        cache_read=exchange.cache.read,
        cache_write=exchange.cache.written,
        cache_note=exchange.cache_miss.sentence if exchange.cache_miss else None,
        **error,
        **{f"{name}_ms": value for name, value in exchange.phases_ms.items()},
        total_ms=round(exchange.seconds * 1000, 1),
    )


def refused(event: Refused) -> None:
    """A request broke a rule."""
    log.info("refused", request_id=event.request_id, status=event.error.status, type=event.error.type)


def caller_rejected(event: CallerRejected) -> None:
    """A caller was not let in, and why."""
    log.info("kept out", request_id=event.request_id, path=event.path, reason=event.error.message)


def limits_changed(event: LimitsChanged) -> None:
    """The account's limits are in another state than before."""
    log.info("limits", status=event.status, window=event.window, extra_usage=event.extra_usage)
