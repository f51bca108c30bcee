"""Spans and figures as a real collector gets them."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.exchanges import Upstream, exchanges_of, items_of
from tests.support.fidelity import text, user
from tests.support.isolated_proxy import isolated_proxy
from towpath.ledger.prices import load_prices
from towpath.server.exchange.events import Ended
from towpath.server.exchange.publisher import Publisher
from towpath.server.observe.telemetry import Telemetry
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread


class Collector:
    """Takes what an exporter sends by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.metrics: dict[str, Any] = {}
        self.app = Starlette(
            routes=[
                Route("/v1/traces", self._traces, methods=["POST"]),
                Route("/v1/metrics", self._metrics, methods=["POST"]),
            ]
        )

    async def _traces(self, request: Request) -> Response:
        sent = ExportTraceServiceRequest.FromString(await request.body())
        self.spans += [s for r in sent.resource_spans for scope in r.scope_spans for s in scope.spans]
        return Response()

    async def _metrics(self, request: Request) -> Response:
        sent = ExportMetricsServiceRequest.FromString(await request.body())
        found = [m for r in sent.resource_metrics for scope in r.scope_metrics for m in scope.metrics]
        self.metrics.update({metric.name: metric for metric in found})
        return Response()


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector of OpenTelemetry's, and its URL."""
    made = Collector()
    with serve_in_thread(made.app) as url:
        yield made, url


def attributes(span: Any) -> dict[str, Any]:
    found = {}
    for attribute in span.attributes:
        kind = attribute.value.WhichOneof("value")
        value = getattr(attribute.value, kind)
        found[attribute.key] = [v.string_value for v in value.values] if kind == "array_value" else value
    return found


@pytest.mark.cli
def test_an_exchange_is_a_span_and_figures(
    own_settings: Settings,
    api: ScriptedApi,
    collector: tuple[Collector, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received, url = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    api.reply(
        Reply((text("planted answer"),), usage={"input_tokens": 7, "output_tokens": 5}),
        Failure(529, "overloaded_error", "planted error"),
    )
    with isolated_proxy(own_settings) as proxy:
        proxy.http.headers["x-opencode-agent"] = "plan"
        client = proxy.client()
        client.say(user("planted question"))
        client.post([*client.messages, user("b")])
    good, bad = received.spans

    assert good.name == "chat claude-sonnet-4-5"
    assert good.end_time_unix_nano > good.start_time_unix_nano
    said = attributes(good)
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.provider.name"] == "anthropic"
    assert said["gen_ai.response.finish_reasons"] == ["end_turn"]
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (7, 5)
    assert (said["towpath.way"], said["towpath.client_agent"]) == ("start", "plan")
    assert (said["towpath.access"], said["towpath.cost_usd"]) == ("default", pytest.approx(96e-6))
    assert attributes(bad)["error.type"] == "overloaded_error"
    assert set(received.metrics) == {
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
        "gen_ai.server.time_to_first_token",
    }
    assert "planted" not in str(received.spans) + str(received.metrics)


@pytest.mark.parametrize("odd", [None, -7, "seven", [7], {}, 10**20], ids=repr)
async def test_usage_that_makes_no_sense_is_no_figure(
    odd: Any, collector: tuple[Collector, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    received, url = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    telemetry = Telemetry(load_prices())
    upstream = Upstream({"input_tokens": 7, "output_tokens": odd}, {"output_tokens": odd})
    publisher = Publisher()
    publisher.subscribe(Ended, telemetry.ended)

    items = await items_of(exchanges_of(upstream, publisher.publish), [user("a")])
    telemetry.close()
    (span,) = received.spans

    assert items[-1] == {"type": "message_stop"}
    assert attributes(span)["gen_ai.usage.input_tokens"] == 7
    assert "gen_ai.usage.output_tokens" not in attributes(span)
    assert len(received.metrics["gen_ai.client.token.usage"].histogram.data_points) == 1


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "x"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_nothing_is_sent_unless_a_collector_is_named(environment: dict[str, str]) -> None:
    before = threading.active_count()

    assert Telemetry.wanted(environment, load_prices()) is None
    assert threading.active_count() == before


def test_a_collector_without_the_libraries_is_a_sentence_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)  # as where the extra is not installed

    assert Telemetry.wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, load_prices()) is None
    assert "install towpath[otel]" in capsys.readouterr().out
