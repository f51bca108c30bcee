"""What an exchange publishes: each step in its order, each end once, and whatever those that hear it do."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
import structlog
from starlette.datastructures import Headers

from tests.support.exchanges import Nobody, Upstream, exchanges_of, items_of, stays
from tests.support.fidelity import request, user
from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.server.api.endpoint import Endpoint
from towpath.server.api.messages import MessagesFormat
from towpath.server.exchange.events import (
    Began,
    Ended,
    FirstEvent,
    LeftQueue,
    LimitsChanged,
    Refused,
    ServerEvent,
    Streamed,
)
from towpath.server.exchange.publisher import Publisher
from towpath.server.exchange.record import ExchangeRecord, State
from towpath.sessions.dispatcher import Dispatcher, Reply
from towpath.settings import Settings

USAGE = {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 1}
STEPS = [Began, LeftQueue, FirstEvent, Streamed, Streamed, Streamed, Ended]


class Breaking(Upstream):
    """Answers with an error, or with one after ``events`` of the answer."""

    def __init__(self, error: Exception, events: int) -> None:
        super().__init__(USAGE, {})
        self._error = error
        self._events = events

    async def reply(self, *arguments: Any) -> Reply:
        if not self._events:
            raise self._error
        return await super().reply(*arguments)

    async def _rest(self) -> AsyncGenerator[Event]:
        for _ in range(self._events - 1):
            yield {"type": "ping"}
        raise self._error


def kinds(published: list[ServerEvent]) -> list[type]:
    return [type(event) for event in published]


def end_of(published: list[ServerEvent]) -> ExchangeRecord:
    """The record with the one end that there must be, after all else."""
    assert kinds(published).count(Ended) == 1
    last = published[-1]
    assert isinstance(last, Ended)
    return last.exchange


async def leave_after(dispatcher: Dispatcher, items: int, published: list[ServerEvent]) -> None:
    """A client that goes when it has got this many items."""
    exchanges = exchanges_of(dispatcher, published.append)
    body = orjson.dumps(request([user("hi")]))
    _, answer = await exchanges.begin(body, Headers({}), "", "req_1", stays)
    async for _ in answer:
        items -= 1
        if not items:
            break
    await answer.aclose()


def test_a_complete_exchange_publishes_each_step_in_its_order() -> None:
    published: list[ServerEvent] = []
    items = asyncio.run(
        items_of(exchanges_of(Upstream(USAGE, {"output_tokens": 5}), published.append), [user("hi")])
    )
    steps = Began | LeftQueue | FirstEvent | Ended
    records = [event.exchange for event in published if isinstance(event, steps)]

    assert kinds(published) == STEPS
    assert [record.state for record in records] == ["waiting", "asking", "answering", "complete"]
    assert [event.event for event in published if isinstance(event, Streamed)] == items[1:]
    assert published[2] == FirstEvent(records[2], items[0])


def test_an_end_has_all_figures_of_an_exchange_and_no_content() -> None:
    published: list[ServerEvent] = []
    exchanges = exchanges_of(Upstream(USAGE, {"output_tokens": 5}, reason="planted"), published.append)
    headers = Headers({"user-agent": "canal/1.0"})

    async def main() -> None:
        body = orjson.dumps(request([user("a secret")]))
        _, items = await exchanges.begin(body, headers, "", "req_1", stays)
        async for _ in items:
            pass

    before = time.time()
    asyncio.run(main())
    end = end_of(published)

    assert before <= end.began_at <= time.time()
    assert (end.request_id, end.user_agent, end.model) == ("req_1", "canal/1.0", "claude-sonnet-4-5")
    assert (end.state, end.way, end.reason, end.session) == (State.COMPLETE, "resume", "planted", 1)
    assert end.tokens == {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 5}
    assert (end.cache.read, end.messages, len(end.tips)) == (900, 1, 2)
    assert (end.stop_reason, end.error) == ("end_turn", None)
    assert end.queue_seconds is not None
    assert end.first_event_seconds is not None
    assert 0 <= end.queue_seconds <= end.first_event_seconds <= end.seconds
    assert list(end.phases_ms) == ["read", "queue", "start", "model"]
    assert "secret" not in repr(end)


@pytest.mark.parametrize("error", [ApiError(529, "planted"), RuntimeError("planted")], ids=repr)
@pytest.mark.parametrize("events", [0, 1, 3])
def test_an_exchange_that_fails_publishes_one_end(error: Exception, events: int) -> None:
    published: list[ServerEvent] = []
    with pytest.raises(ApiError) as raised:
        asyncio.run(items_of(exchanges_of(Breaking(error, events), published.append), [user("hi")]))
    end = end_of(published)

    assert (end.state, end.error) == (State.FAILED, raised.value)
    assert (end.first_event_seconds is None) is (events == 0)
    assert kinds(published).count(Streamed) == events


@pytest.mark.parametrize("items", [1, 2, 3])
def test_a_client_that_leaves_ends_its_exchange_once(items: int) -> None:
    published: list[ServerEvent] = []
    asyncio.run(leave_after(Upstream(USAGE, {}), items, published))

    assert end_of(published).state is State.CLIENT_LEFT


def test_a_client_that_leaves_after_the_last_event_has_its_answer() -> None:
    published: list[ServerEvent] = []
    asyncio.run(leave_after(Upstream(USAGE, {}), 4, published))

    assert end_of(published).state is State.COMPLETE


def test_a_client_that_leaves_while_it_waits_ends_its_exchange_once() -> None:
    published: list[ServerEvent] = []

    class Silent(Upstream):
        async def reply(self, *_: Any) -> Reply:
            asked.set()
            return await asyncio.Future()

    async def main() -> None:
        waiting = asyncio.create_task(leave_after(Silent({}, {}), 1, published))
        await asked.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asked = asyncio.Event()
    asyncio.run(main())

    assert kinds(published) == [Began, LeftQueue, Ended]
    assert end_of(published).state is State.CLIENT_LEFT


def test_a_request_that_breaks_a_rule_is_refused_once_and_does_not_begin() -> None:
    published: list[ServerEvent] = []
    endpoint = Endpoint(Settings(), exchanges_of(Nobody(), published.append), MessagesFormat)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "state": {"caller": "", "access": "default"}, "method": "POST", "headers": []}
    asyncio.run(endpoint(scope, receive, send))
    (event,) = published

    assert isinstance(event, Refused)
    assert event.error.status == sent[0]["status"] == 400


def test_subscribers_that_fail_harm_neither_the_exchange_nor_the_others() -> None:
    def failing(_: ServerEvent) -> None:
        raise RuntimeError("planted")

    heard: list[ServerEvent] = []
    publisher = Publisher()
    for kind in dict.fromkeys(STEPS):
        publisher.subscribe(kind, failing, heard.append)
    exchanges = exchanges_of(Upstream(USAGE, USAGE), publisher.publish)
    with structlog.testing.capture_logs() as lines:
        first, second = (asyncio.run(items_of(exchanges, [user("hi")])) for _ in range(2))

    assert kinds(heard) == STEPS * 2
    assert first[-1] == second[-1] == {"type": "message_stop"}
    assert [(line["event"], line["heard"]) for line in lines] == [
        ("a subscriber failed", kind.__name__) for kind in dict.fromkeys(STEPS)
    ]
    assert all("failing" in line["subscriber"] for line in lines)


def test_subscribers_hear_their_kind_only_in_the_order_in_which_they_came() -> None:
    numbers = itertools.count()
    heard: list[tuple[str, int]] = []
    publisher = Publisher()
    publisher.subscribe(Refused, lambda _: heard.append(("first", next(numbers))))
    publisher.subscribe(Refused, lambda _: heard.append(("second", next(numbers))))
    publisher.publish(Refused("req_1", ApiError(400, "planted")))
    publisher.publish(LimitsChanged("default", "allowed", None, extra_usage=False))

    assert heard == [("first", 0), ("second", 1)]
