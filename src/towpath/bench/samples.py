"""What was measured, and the figures that are made of it.

Pure. *Added* is a target's time less the median of direct in the same step.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from statistics import median


@dataclass(frozen=True)
class Usage:
    """What a proxy takes of the machine: the processes that it started, and the memory of all."""

    processes: int
    memory_mb: float


@dataclass(frozen=True)
class OwnUse:
    """What a proxy's own process has taken so far, without those that it started."""

    cpu_seconds: float
    rss_mb: float


@dataclass
class Flow:
    """Many events: how many in what time."""

    events: int = 0
    seconds: float = 0


@dataclass
class Samples:
    """What a target gave in a step, and what that cost the proxy's own process.

    ``seconds`` are times to first event, ``phases`` what the target says of them, in ms.
    """

    seconds: list[float] = field(default_factory=list)
    phases: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ways: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    usage: Usage | None = None
    flow: Flow | None = None
    cpu_seconds: float | None = None
    rss_before_mb: float | None = None
    rss_after_mb: float | None = None

    def took(self, before: OwnUse, after: OwnUse) -> None:
        """Add what the proxy's own process took for the requests of a round."""
        self.cpu_seconds = (self.cpu_seconds or 0) + after.cpu_seconds - before.cpu_seconds
        self.rss_before_mb = before.rss_mb if self.rss_before_mb is None else self.rss_before_mb
        self.rss_after_mb = after.rss_mb


@dataclass(frozen=True)
class Row:
    """The figures of a step at a target; None where there is nothing to make them of.

    ``own_cpu_ms``: CPU time of the proxy's own process for a request, without the CLIs. ``phases``: medians.
    """

    name: str
    count: int
    median_ms: float | None
    p95_ms: float | None
    p95_to_median: float | None
    direct_median_ms: float | None
    added_median_ms: float | None
    added_p95_ms: float | None
    ratio: float | None
    ways: dict[str, int]
    errors: int
    first_error: str | None
    processes: int | None
    memory_mb: float | None
    own_cpu_ms: float | None
    phases: dict[str, float]
    events: int | None = None
    events_per_second: float | None = None
    cpu_seconds_per_1000_events: float | None = None
    rss_before_mb: float | None = None
    rss_after_mb: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies; between two values, on the line that joins them."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[floor(place)], ordered[ceil(place)]
    return low + (high - low) * (place - floor(place))


def row(name: str, samples: Samples, direct: Samples) -> Row:
    """The figures of a step at a target, which may be direct itself."""
    middle = median(samples.seconds) if samples.seconds else None
    late = percentile(samples.seconds, 0.95) if samples.seconds else None
    base = median(direct.seconds) if direct.seconds else None
    flow = samples.flow or Flow()
    return Row(
        name=name,
        count=len(samples.seconds),
        median_ms=_ms(middle),
        p95_ms=_ms(late),
        p95_to_median=_ratio(late, middle),
        direct_median_ms=_ms(base),
        added_median_ms=_ms(_less(middle, base)),
        added_p95_ms=_ms(_less(late, base)),
        ratio=_ratio(middle, base),
        ways=dict(samples.ways.most_common()),
        errors=len(samples.errors),
        first_error=samples.errors[0] if samples.errors else None,
        processes=samples.usage.processes if samples.usage else None,
        memory_mb=samples.usage.memory_mb if samples.usage else None,
        own_cpu_ms=_ratio(_ms(samples.cpu_seconds), len(samples.seconds)),
        phases={name: round(median(values), 2) for name, values in samples.phases.items()},
        events=flow.events if samples.flow else None,
        events_per_second=_ratio(flow.events, flow.seconds),
        cpu_seconds_per_1000_events=_ratio(samples.cpu_seconds, flow.events / 1000),
        rss_before_mb=samples.rss_before_mb,
        rss_after_mb=samples.rss_after_mb,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _ratio(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else round(a / b, 4)
