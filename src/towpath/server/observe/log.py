"""The line of the log that each exchange leaves."""

from towpath.core.usage import counts
from towpath.server.exchange.record import ExchangeRecord, log


def write_line(record: ExchangeRecord) -> None:
    """The line of the log."""
    error = {"status": record.error.status, "error": record.error.type} if record.error else {}
    log.info(
        "exchange",
        request_id=record.request_id,
        session=record.session,
        way=record.way,
        reason=record.reason,
        mode=record.mode.value,
        model=record.model,
        messages=record.messages,
        outcome=record.outcome,
        stop_reason=record.stop_reason,
        usage=counts(record.usage),
        cache_read=record.cache.read,
        cache_write=record.cache.written,
        cache_note=record.cache_note,
        **error,
        **{f"{name}_ms": value for name, value in record.phases.items()},
        total_ms=round(record.seconds * 1000, 1),
    )
