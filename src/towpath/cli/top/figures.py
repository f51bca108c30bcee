"""Figures as a person reads them. Pure."""

from collections.abc import Sequence
from datetime import datetime

from towpath.server.reports import Tokens

_BLOCKS = "▁▂▃▄▅▆▇█"


def duration(seconds: float) -> str:
    """``12 s``, ``3 min``, ``2 h 5 min``, ``4 d 1 h``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    if hours < 24:
        return " ".join(
            part for part in (f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes)) if part
        )
    return f"{hours // 24} d {hours % 24} h"


def milliseconds(value: float | None) -> str:
    """``950 ms``, ``1.4 s``; a dash for None."""
    if value is None:
        return "-"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def tokens(count: int) -> str:
    """``950``, ``1.2k``, ``3.4M``."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


def dollars(amount: float) -> str:
    """$12.34; of less than ten cents, more digits."""
    if 0 < amount < 0.0001:
        return "<$0.0001"
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.4f}"


def input_tokens(usage: Tokens) -> int:
    """All that the model read: new tokens, and those that came from the cache or went into it."""
    return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens


def cache_share(usage: Tokens) -> str:
    """How much of the input came from the cache; a dash where there was none."""
    read = input_tokens(usage)
    return f"{usage.cache_read_input_tokens / read:.0%}" if read else "-"


def bars(values: Sequence[float]) -> str:
    """One character a value, as high as its share of the highest."""
    top = max(values, default=0) or 1
    return "".join(_BLOCKS[min(int(value / top * len(_BLOCKS)), len(_BLOCKS) - 1)] for value in values)


def reset(at: float | None, now: float) -> str:
    """When a window begins again, in local time."""
    if at is None:
        return "its reset is not known"
    moment = datetime.fromtimestamp(at).astimezone()
    day = "" if moment.date() == datetime.fromtimestamp(now).astimezone().date() else f"{moment:%a} "
    return f"resets {day}{moment:%H:%M}"
