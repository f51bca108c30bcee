"""GET /metrics: figures for Prometheus.

``scripts/tables.py`` writes names and labels into docs/operating.md. No label has more than a few values: a
reason that quotes an error is counted without the quotation, and accesses are at most 32.
"""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from towpath.core.reading.memo import MessageMemo
from towpath.ledger.prices import Prices, plain_id
from towpath.server.exchange.events import Ended
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.sessions.admission import Admission
from towpath.sessions.pool import Pool

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_input_tokens",
    "cache_write": "cache_creation_input_tokens",
}
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The figures of one server: counters of what has ended, and gauges."""

    def __init__(
        self,
        pool: Pool,
        admission: Admission,
        memo: MessageMemo,
        limits: Mapping[str, KnownLimits],
        prices: Prices,
    ) -> None:
        self.registry = CollectorRegistry()
        self._prices = prices
        self._exchanges = Counter(
            "towpath_exchanges",
            "Exchanges that are over. The outcome is complete, failed or client left.",
            ["way", "reason", "outcome", "access"],
            registry=self.registry,
        )
        self._first_event = Histogram(
            "towpath_first_event_seconds",
            "Seconds from the request to the first event of its answer.",
            ["way"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._queue = Histogram(
            "towpath_queue_seconds", "Seconds in the queue.", buckets=_SECONDS, registry=self.registry
        )
        self._tokens = Counter(
            "towpath_tokens",
            "Tokens: input, output, cache_read and cache_write.",
            ["kind", "access"],
            registry=self.registry,
        )
        self._cost = Counter(
            "towpath_cost_dollars",
            "What the API charges for the tokens, by its public prices; of models without one, nothing.",
            ["model", "access"],
            registry=self.registry,
        )
        self._misses = Counter(
            "towpath_cache_misses",
            "Exchanges that the prompt cache did not serve as it could have, by cause.",
            ["cause"],
            registry=self.registry,
        )
        self._errors = Counter(
            "towpath_errors",
            "Exchanges that failed, as the client saw it.",
            ["status", "type", "access"],
            registry=self.registry,
        )
        self.registry.register(_Now(pool, admission, memo, limits))

    def ended(self, event: Ended) -> None:
        """Count an exchange that is over."""
        exchange = event.exchange
        reason = (exchange.reason or "").partition(":")[0]
        self._exchanges.labels(exchange.way or "none", reason, exchange.state.value, exchange.access).inc()
        if exchange.queue_seconds is not None:
            self._queue.observe(exchange.queue_seconds)
        if exchange.first_event_seconds is not None:
            self._first_event.labels(exchange.way).observe(exchange.first_event_seconds)
        for kind, name in _TOKENS.items():
            self._tokens.labels(kind, exchange.access).inc(exchange.tokens.get(name, 0))
        model = exchange.answered_by or exchange.model
        if cost := self._prices.cost_of(model, exchange.usage):  # those in the price list are not many
            self._cost.labels(plain_id(model), exchange.access).inc(cost)
        if exchange.cache_miss:
            self._misses.labels(exchange.cache_miss.cause.value).inc()
        if exchange.error:
            self._errors.labels(str(exchange.error.status), exchange.error.type, exchange.access).inc()

    def text(self) -> bytes:
        """All of them, in Prometheus' format."""
        return generate_latest(self.registry)


class _Now(Collector):
    """What is true when Prometheus asks."""

    def __init__(
        self, pool: Pool, admission: Admission, memo: MessageMemo, limits: Mapping[str, KnownLimits]
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._memo = memo
        self._limits = limits

    def collect(self) -> Iterator[Metric]:
        sessions = GaugeMetricFamily(
            "towpath_sessions", "Live sessions: running, idle, parked or spare.", labels=["state"]
        )
        for state, count in self._pool.census().items():
            sessions.add_metric([state.value], count)
        yield sessions
        starts = CounterMetricFamily(
            "towpath_process_starts", "Processes started, for a conversation or as a spare.", labels=["kind"]
        )
        for kind, count in self._pool.starts.items():
            starts.add_metric([kind], count)
        yield starts
        ends = CounterMetricFamily(
            "towpath_session_ends", "Sessions that were ended, by reason.", labels=["reason"]
        )
        for why, count in self._pool.ends.items():
            ends.add_metric([why.value], count)
        yield ends
        memory, waiting = self._pool.memory_bytes, self._admission.waiting
        yield GaugeMetricFamily("towpath_memory_bytes", "Bytes that live processes occupy.", value=memory)
        yield GaugeMetricFamily("towpath_waiting", "Requests in the queue.", value=waiting)
        kept = self._memo.size_bytes
        yield GaugeMetricFamily(
            "towpath_remembered_bytes",
            "Bytes that remembered messages occupy, 64 MB at most; none after "
            "CLAUDE_PROXY_IDLE_TIMEOUT_SECONDS without a request.",
            value=kept,
        )
        yield from self._known_limits()

    def _known_limits(self) -> Iterator[Metric]:
        used = GaugeMetricFamily(
            "towpath_limit_utilization",
            "How much of a plan's window is used, 0 to 1.",
            labels=["window", "access"],
        )
        resets = GaugeMetricFamily(
            "towpath_limit_reset_timestamp_seconds",
            "When a plan's window is reset, in Unix time.",
            labels=["window", "access"],
        )
        in_use = GaugeMetricFamily(
            "towpath_extra_usage_in_use",
            "1 if extra usage paid for the newest answer, else 0.",
            labels=["access"],
        )
        for access, limits in self._limits.items():
            for window in limits.windows():
                if window.utilization is not None:
                    used.add_metric([window.name, access], window.utilization)
                if window.resets_at is not None:
                    resets.add_metric([window.name, access], window.resets_at)
            in_use.add_metric([access], int(limits.extra_usage_in_use))
        yield used
        yield resets
        yield in_use
