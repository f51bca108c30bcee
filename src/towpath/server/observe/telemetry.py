"""Traces and metrics by OpenTelemetry, with the semantic conventions for generative AI.

Optional (``towpath[otel]``), and on when the usual variables name a collector. Each exchange that is over
makes one span; nothing of what was said is in it.
"""

import os
from collections.abc import Mapping
from typing import Any, Self

import structlog

from towpath import __version__
from towpath.ledger.prices import Prices
from towpath.server.exchange.events import Ended
from towpath.server.exchange.record import ExchangeRecord

log = structlog.get_logger(__name__)

_WANTED_BY = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
_TOKEN_TYPES = {"input": "input_tokens", "output": "output_tokens"}


class Telemetry:
    """Sends each exchange that has ended to the collector that the environment names."""

    def __init__(self, prices: Prices) -> None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._prices = prices
        named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "towpath"}
        resource = Resource.create({**named, "service.version": __version__})
        self._traces = TracerProvider(resource=resource)
        self._traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        self._meters = MeterProvider([reader], resource=resource)
        self._tracer = self._traces.get_tracer("towpath", __version__)
        meter = self._meters.get_meter("towpath", __version__)
        self._duration = meter.create_histogram("gen_ai.client.operation.duration", "s")
        self._first_token = meter.create_histogram("gen_ai.server.time_to_first_token", "s")
        self._tokens = meter.create_histogram("gen_ai.client.token.usage", "{token}")

    @classmethod
    def wanted(cls, environment: Mapping[str, str], prices: Prices) -> Self | None:
        """Telemetry if the environment asks for it and the libraries are there."""
        is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
        if is_off or not any(environment.get(name) for name in _WANTED_BY):
            return None
        try:
            return cls(prices)
        except ImportError:
            log.warning("OTEL_* names a collector, but OpenTelemetry is not installed; install towpath[otel]")
            return None

    def ended(self, event: Ended) -> None:
        """One span, and its figures."""
        from opentelemetry.trace import SpanKind, StatusCode

        exchange = event.exchange
        common = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": exchange.model,
        }
        if exchange.error:
            common["error.type"] = exchange.error.type
        began = int(exchange.began_at * 1e9)
        span = self._tracer.start_span(
            f"chat {exchange.model}",
            kind=SpanKind.CLIENT,
            start_time=began,
            attributes={**common, **_details(exchange), **self._cost(exchange)},
        )
        if exchange.error:
            span.set_status(StatusCode.ERROR)
        span.end(began + int(exchange.seconds * 1e9))
        self._duration.record(exchange.seconds, common)
        if exchange.first_event_seconds is not None:
            self._first_token.record(exchange.first_event_seconds, common)
        for kind, name in _TOKEN_TYPES.items():
            if name in exchange.tokens:
                self._tokens.record(exchange.tokens[name], {**common, "gen_ai.token.type": kind})

    def _cost(self, exchange: ExchangeRecord) -> dict[str, float]:
        """In dollars, as the API would charge; there is no convention for it yet."""
        cost = self._prices.cost_of(exchange.answered_by or exchange.model, exchange.usage)
        return {} if cost is None else {"towpath.cost_usd": cost}

    def close(self) -> None:
        """Send what is left; blocks until that is done."""
        self._traces.shutdown()
        self._meters.shutdown()


def _details(exchange: ExchangeRecord) -> dict[str, Any]:
    said = exchange.tokens
    values = {
        "gen_ai.response.finish_reasons": [exchange.stop_reason] if exchange.stop_reason else None,
        "gen_ai.response.model": exchange.answered_by,
        "gen_ai.usage.input_tokens": said.get("input_tokens"),
        "gen_ai.usage.output_tokens": said.get("output_tokens"),
        "gen_ai.usage.cache_read.input_tokens": said.get("cache_read_input_tokens"),
        "gen_ai.usage.cache_creation.input_tokens": said.get("cache_creation_input_tokens"),
        "towpath.request_id": exchange.request_id,
        "towpath.way": exchange.way,
        "towpath.reason": exchange.reason,
        "towpath.session": exchange.session,
        "towpath.access": exchange.access,
        "towpath.mode": exchange.mode.value,
        "towpath.outcome": exchange.state.value,
        "towpath.cache_note": exchange.cache_miss.sentence if exchange.cache_miss else None,
        **{f"towpath.{label}": value for label, value in exchange.labels.items()},
    }
    return {name: value for name, value in values.items() if value is not None}
