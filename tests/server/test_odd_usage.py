"""Whatever an upstream says of its usage: the client has its answer, and what counts goes on counting."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from rich.console import Console

from tests.support.desk import Desk
from tests.support.exchanges import Upstream, exchanges_of, items_of
from tests.support.fidelity import Json, user
from towpath.cli.top.picture import picture
from towpath.core.accesses import DEFAULT
from towpath.core.reading.memo import MessageMemo
from towpath.ledger.prices import load_prices
from towpath.server.exchange.events import Ended
from towpath.server.exchange.publisher import Publisher
from towpath.server.observe import log
from towpath.server.observe.metrics import Metrics

START = {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 1}
ODD = [
    {"input_tokens": None, "output_tokens": None},
    {"input_tokens": -7, "output_tokens": -5},
    {"input_tokens": "seven", "output_tokens": [5], "cache_read_input_tokens": {}},
    {"input_tokens": 10**20, "output_tokens": 1e300, "cache_creation": "x"},
    {"input_tokens": 7, "x": "y" * 100_000},
    ["usage"],
    "usage",
    None,
]


async def served(first: Any, last: Any, *subscribers: Callable[[Ended], None]) -> list[Json]:
    """The items of an exchange with this usage."""
    publisher = Publisher()
    publisher.subscribe(Ended, *subscribers)
    return await items_of(exchanges_of(Upstream(first, last), publisher.publish), [user("hi")])


async def test_a_null_at_the_end_leaves_the_figures_of_the_begin() -> None:
    ended: list[Ended] = []
    with structlog.testing.capture_logs() as lines:
        await served(START, {"input_tokens": None, "output_tokens": 5}, ended.append, log.ended)
    record = ended[0].exchange

    assert record.tokens == {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 5}
    assert lines[-1]["usage"] == record.tokens
    assert (lines[-1]["cache_read"], record.cache.prompt) == (900, 907)


@pytest.mark.parametrize("odd", ODD)
async def test_odd_usage_reaches_the_client_and_harms_nobody(desk: Desk, odd: Any) -> None:
    metrics = Metrics(desk.pool, desk.admission, MessageMemo(), {DEFAULT: desk.limits}, load_prices())
    ended: list[Ended] = []
    with structlog.testing.capture_logs() as lines:
        items = await served(odd, odd, log.ended, metrics.ended, ended.append)

    assert [item["type"] for item in items[1:]] == ["message_start", "message_delta", "message_stop"]
    assert items[1]["message"]["usage"] == items[2]["usage"] == odd
    assert [line["event"] for line in lines] == ["exchange"]
    assert len(json.dumps(lines)) < 1000
    assert ended[0].exchange.state == "complete"


@pytest.mark.parametrize("odd", ODD)
def test_odd_usage_is_shown_as_what_can_be_counted(desk: Desk, odd: Any) -> None:
    record = desk.record()
    desk.tell(record, usage=odd)
    seen = desk.activity.snapshot()
    msgspec.json.encode(seen)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(picture(seen, record.began_at, height=40, width=200))

    assert all(type(n) is int and n >= 0 for n in msgspec.structs.astuple(seen.exchanges[0].usage))
    assert "1 exchanges, 0 failed" in console.export_text()


def test_a_stop_reason_that_is_no_text_is_none(desk: Desk) -> None:
    delta = {"type": "message_delta", "delta": {"stop_reason": ["end_turn"]}, "usage": {}}

    assert desk.record().event(delta).stop_reason is None


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An account to which the test tells what happens."""
    return Desk(tmp_path)
