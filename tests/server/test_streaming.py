"""The event stream, driven as a server would drive it: a receive and a send, and a client that may leave."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
import pytest
from starlette.types import Message

from towpath.core.errors import ApiError
from towpath.server.http.disconnect import unless_client_leaves
from towpath.server.http.streaming import EventStream, Items

SCOPE = {"type": "http", "method": "POST", "path": "/v1/messages", "headers": []}
HEADERS = {"x-towpath-way": "resume"}
EVENT = {"type": "message_start", "message": {}}
STOP = {"type": "message_stop"}
SOON = 0.01
NEVER = 3600.0


class Client:
    """The far end: what was sent to it, one by one, and when it leaves."""

    def __init__(self) -> None:
        self._sent: asyncio.Queue[Message] = asyncio.Queue()
        self.leaves = asyncio.Event()

    async def send(self, message: Message) -> None:
        self._sent.put_nowait(message)

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def stop_reading(self, message: Message) -> None:
        """A send to a client that reads no more once it has the head."""
        self._sent.put_nowait(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    @property
    def has_nothing(self) -> bool:
        return self._sent.empty()

    async def head(self) -> tuple[int, dict[str, str]]:
        message = await self._sent.get()
        assert message["type"] == "http.response.start"
        return message["status"], {name.decode(): value.decode() for name, value in message["headers"]}

    async def event(self) -> dict[str, Any]:
        """The next event; an empty one if that was the end."""
        message = await self._sent.get()
        assert message["type"] == "http.response.body"
        if not message["more_body"]:
            assert message["body"] == b""
            return {}
        _, data, *_ = message["body"].split(b"\n")
        event: dict[str, Any] = orjson.loads(data.removeprefix(b"data: "))
        return event

    async def event_that_is_no_ping(self) -> dict[str, Any]:
        while (event := await self.event()).get("type") == "ping":
            pass
        return event

    async def whole_body(self) -> dict[str, Any]:
        message = await self._sent.get()
        body: dict[str, Any] = orjson.loads(message["body"])
        return body


class Source:
    """Items, some of which may wait: an event among them stands for a wait until it is set."""

    def __init__(self, *items: Mapping[str, Any] | asyncio.Event | Exception) -> None:
        self._items = items
        self.waits = asyncio.Event()
        self.is_closed = False

    async def items(self) -> AsyncGenerator[Mapping[str, Any]]:
        try:
            for item in self._items:
                if isinstance(item, asyncio.Event):
                    self.waits.set()
                    await item.wait()
                elif isinstance(item, Exception):
                    raise item
                else:
                    yield item
        finally:
            self.is_closed = True


@pytest.fixture(autouse=True)
async def nothing_is_left_running() -> AsyncGenerator[None]:
    """After each test no task of a stream is left."""
    before = len(asyncio.all_tasks())
    yield
    assert len(asyncio.all_tasks()) == before


def opened(items: Items, client: Client, *, ping_seconds: float = NEVER) -> "asyncio.Task[None]":
    stream = EventStream(items, "req_1", ping_seconds=ping_seconds, client_seconds=NEVER)
    return asyncio.create_task(stream(SCOPE, client.receive, client.send))


async def left_by(client: Client, source: Source, stream: "asyncio.Task[None]") -> None:
    """The client leaves while the source waits; returns when the stream has noticed."""
    await source.waits.wait()
    client.leaves.set()
    await stream


async def test_a_stream_is_its_head_its_events_and_an_end() -> None:
    client, source = Client(), Source(HEADERS, EVENT, STOP)

    await opened(source.items(), client)

    status, _ = await client.head()
    assert status == 200
    assert [await client.event() for _ in range(3)] == [EVENT, STOP, {}]
    assert client.has_nothing
    assert source.is_closed


async def test_the_head_has_the_request_id_and_the_headers_of_the_first_item() -> None:
    client = Client()
    await opened(Source(HEADERS).items(), client)

    _, headers = await client.head()
    assert headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "request-id": "req_1",
        "x-towpath-way": "resume",
    }


async def test_the_head_waits_for_the_first_item() -> None:
    gate = asyncio.Event()
    client, source = Client(), Source(gate, HEADERS)
    stream = opened(source.items(), client)

    await source.waits.wait()
    assert client.has_nothing
    gate.set()
    await stream
    assert (await client.head())[0] == 200


async def test_an_event_is_sent_when_it_comes() -> None:
    gate = asyncio.Event()
    client, source = Client(), Source(HEADERS, EVENT, gate, STOP)
    stream = opened(source.items(), client)

    await client.head()
    assert await client.event() == EVENT
    gate.set()
    assert await client.event() == STOP
    await stream


async def test_a_model_that_is_silent_before_its_first_event_is_covered_by_pings() -> None:
    gate = asyncio.Event()
    client, source = Client(), Source(gate, HEADERS, EVENT)
    stream = opened(source.items(), client, ping_seconds=SOON)

    status, headers = await client.head()
    assert (status, headers["request-id"]) == (200, "req_1")
    assert await client.event() == {"type": "ping"}
    assert await client.event() == {"type": "ping"}
    gate.set()
    assert await client.event_that_is_no_ping() == EVENT  # and no second head
    assert await client.event_that_is_no_ping() == {}
    await stream


async def test_a_model_that_falls_silent_is_covered_by_pings() -> None:
    gate = asyncio.Event()
    client, source = Client(), Source(HEADERS, EVENT, gate, STOP)
    stream = opened(source.items(), client, ping_seconds=SOON)

    await client.head()
    assert await client.event_that_is_no_ping() == EVENT
    assert await client.event() == {"type": "ping"}
    assert await client.event() == {"type": "ping"}
    gate.set()
    assert await client.event_that_is_no_ping() == STOP
    await stream


OVERLOADED = ApiError(529, "try again later", headers={"retry-after": "5"})
ERROR = {
    "type": "error",
    "error": {"type": "overloaded_error", "message": "try again later"},
    "request_id": "req_1",
}


async def test_an_error_before_the_head_is_a_status() -> None:
    client, source = Client(), Source(OVERLOADED)

    await opened(source.items(), client)

    status, headers = await client.head()
    assert (status, headers["retry-after"], headers["request-id"]) == (529, "5", "req_1")
    assert await client.whole_body() == ERROR
    assert client.has_nothing
    assert source.is_closed


@pytest.mark.parametrize("before", [[HEADERS], [HEADERS, EVENT]], ids=["headers", "event"])
async def test_an_error_after_the_head_is_an_event_and_the_stream_ends(before: list[dict[str, Any]]) -> None:
    client, source = Client(), Source(*before, OVERLOADED)

    await opened(source.items(), client)

    await client.head()
    assert [await client.event() for _ in before] == [*before[1:], ERROR]
    assert await client.event() == {}
    assert client.has_nothing


async def test_an_error_after_a_ping_is_an_event_and_the_stream_ends() -> None:
    gate = asyncio.Event()
    client, source = Client(), Source(gate, OVERLOADED)
    stream = opened(source.items(), client, ping_seconds=SOON)

    assert (await client.head())[0] == 200
    assert await client.event() == {"type": "ping"}
    gate.set()
    assert await client.event_that_is_no_ping() == ERROR
    assert await client.event() == {}
    await stream


@pytest.mark.parametrize("before", [[], [HEADERS], [HEADERS, EVENT]], ids=["nothing", "headers", "event"])
async def test_items_are_closed_when_the_client_leaves(before: list[dict[str, Any]]) -> None:
    client, source = Client(), Source(*before, asyncio.Event())
    stream = opened(source.items(), client)

    await left_by(client, source, stream)
    assert source.is_closed


async def test_items_are_closed_when_a_client_leaves_that_did_not_read() -> None:
    client, source = Client(), Source(HEADERS, EVENT, STOP)
    stream = EventStream(source.items(), "req_1", ping_seconds=NEVER, client_seconds=NEVER)
    sending = asyncio.create_task(stream(SCOPE, client.receive, client.stop_reading))

    await client.head()
    assert await client.event() == EVENT
    client.leaves.set()
    await sending
    assert source.is_closed


async def test_items_are_closed_when_the_client_left_before_they_began() -> None:
    client, source = Client(), Source(asyncio.Event(), HEADERS)
    client.leaves.set()

    await opened(source.items(), client)
    assert source.is_closed
    assert client.has_nothing


async def test_nothing_is_sent_to_a_client_that_has_left() -> None:
    client, source = Client(), Source(asyncio.Event(), HEADERS)

    await left_by(client, source, opened(source.items(), client))
    assert client.has_nothing


async def test_items_are_closed_when_the_server_stops() -> None:
    client, source = Client(), Source(HEADERS, asyncio.Event())
    stream = opened(source.items(), client)

    await source.waits.wait()
    stream.cancel()
    await asyncio.wait([stream])
    assert source.is_closed


async def test_work_is_done_unless_the_client_leaves() -> None:
    client, done = Client(), asyncio.Event()

    async def work() -> None:
        done.set()

    await unless_client_leaves(work(), client.receive)
    assert done.is_set()


async def test_work_is_stopped_when_the_client_leaves() -> None:
    client, begun = Client(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    doing = asyncio.create_task(unless_client_leaves(work(), client.receive))
    await begun.wait()
    client.leaves.set()
    await doing  # which would never end on its own


async def test_the_error_of_the_work_is_passed_on() -> None:
    async def work() -> None:
        raise OVERLOADED

    with pytest.raises(ApiError, match="try again later"):
        await unless_client_leaves(work(), Client().receive)


async def test_a_client_that_does_not_read_is_cut_off_and_its_exchange_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client, source = Client(), Source(HEADERS, EVENT)
    stream = EventStream(source.items(), "req_1", ping_seconds=NEVER, client_seconds=SOON)

    await stream(SCOPE, client.receive, client.stop_reading)

    await client.head()
    assert source.is_closed
    assert "a client that does not read is cut off" in capsys.readouterr().out
