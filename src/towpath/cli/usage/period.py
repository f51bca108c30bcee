"""Which days are meant by --days and --since. Pure."""

from datetime import date, timedelta

from towpath.ledger.questions import Period


def period_of(today: date, days: int, since: date | None) -> Period:
    """The last ``days`` days, today included, or all from ``since`` on."""
    first = since or today - timedelta(days=days - 1)
    return Period(min(first, today).isoformat(), today.isoformat())


def in_words(period: Period, today: date) -> str:
    """Today, or the first and the last day."""
    if period.first == period.last == today.isoformat():
        return f"today, {period.first}"
    return f"{period.first} to {period.last}"
