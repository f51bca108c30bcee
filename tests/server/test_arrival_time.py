"""What a client may keep waiting, and for how long; on a loop whose time the test moves."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from tests.sessions.quiet_loop import QuietLoop
from tests.support.line import Dial
from towpath.server.http.arrival import HttpLimits

LIMITS = HttpLimits(connections=2)
STEP = bytes(LIMITS.step_bytes)
LINE = b"GET / HTTP/1.1\r\n"
HOST = b"host: 127.0.0.1\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"


def post(length: int) -> bytes:
    return POST + b"content-length: %d\r\n\r\n" % length


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers when it has the whole body: how long it was, and the names of the headers then."""
    with suppress(ClientDisconnect):
        length = len(await Request(scope, receive).body())
        names = [name.decode() for name, _ in scope["headers"]]
        await JSONResponse({"length": length, "headers": names})(scope, receive, send)


class Waiting:
    """Begins to read when the test says so, and then answers."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.may_go_on.wait()
        await reading(scope, receive, send)


class ReadingOnce(Waiting):
    """Takes the first piece of the body before."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        await self.may_go_on.wait()

        async def all_of_it() -> Message:
            nonlocal first
            message, first = first, {}
            return message or await receive()

        await reading(scope, all_of_it, send)


class Streaming(Waiting):
    """Answers at once, and ends its answer when the test says so; may listen for its client to leave."""

    def __init__(self) -> None:
        super().__init__()
        self.may_listen = asyncio.Event()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        listening = asyncio.create_task(self._listen(receive))
        await self.may_go_on.wait()
        listening.cancel()
        await send({"type": "http.response.body", "body": b"done", "more_body": False})

    async def _listen(self, receive: Receive) -> None:
        await self.may_listen.wait()
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Connections to the protocol, on a loop whose time the test passes."""
    loop = QuietLoop()
    dial = Dial(loop, LIMITS)
    yield dial
    dial.close()
    loop.finish()


def test_a_silent_connection_is_closed_without_a_word(dial: Dial) -> None:
    line = dial(reading)
    line.pass_time(LIMITS.step_seconds - 1)
    assert not line.is_closed

    line.pass_time(1)
    assert (line.is_closed, line.heard) == (True, b"")


def test_a_head_that_never_ends_is_a_timeout(dial: Dial) -> None:
    line = dial(reading)
    line.send(LINE)
    for number in range(int(LIMITS.step_seconds)):
        line.send(b"x-more: %d\r\n" % number)
        line.pass_time(1)

    assert (line.is_closed, line.statuses) == (True, [408])
    assert line.said["error"]["type"] == "invalid_request_error"
    assert "CLAUDE_PROXY_REQUEST_TIMEOUT_SECONDS" in line.said["error"]["message"]


@pytest.mark.parametrize("head", [post(LIMITS.step_bytes), CHUNKED], ids=["length", "chunked"])
def test_a_body_that_hardly_moves_is_a_timeout(dial: Dial, head: bytes) -> None:
    line = dial(reading)
    line.send(head)
    for _ in range(int(LIMITS.step_seconds)):
        line.send(b"1\r\nx\r\n")
        line.pass_time(1)

    assert (line.is_closed, line.statuses) == (True, [408])


def test_a_slow_upload_arrives_however_long_it_takes(dial: Dial) -> None:
    steps = 30 * 2**20 // len(STEP)
    line = dial(reading)
    line.send(post(steps * len(STEP)))
    for _ in range(steps):
        line.pass_time(LIMITS.step_seconds - 1)
        line.send(STEP)

    assert (line.statuses, line.said["length"]) == ([200], steps * len(STEP))


def test_a_head_and_its_body_have_a_time_of_their_own(dial: Dial) -> None:
    line = dial(reading)
    for part in (LINE.replace(b"GET", b"POST") + HOST, b"content-length: 1\r\n\r\n", b"x"):
        line.send(part)
        line.pass_time(LIMITS.step_seconds - 1)
        assert not line.is_closed or line.statuses == [200]

    assert line.statuses == [200]


def test_who_has_sent_all_may_wait_for_the_answer(dial: Dial) -> None:
    application = Waiting()
    line = dial(application)
    line.send(post(0))
    line.pass_time(10 * LIMITS.step_seconds)
    application.may_go_on.set()
    line.pass_time(0)

    assert line.statuses == [200]


@pytest.mark.parametrize("application", [Waiting(), ReadingOnce()], ids=["nothing", "the-first-piece"])
def test_a_client_is_not_blamed_for_a_body_that_is_not_read(dial: Dial, application: Waiting) -> None:
    pieces = [40_000, 60_000, 10_000]
    line = dial(application)
    line.send(post(500_000))
    for piece in pieces:
        line.send(bytes(piece))
    line.pass_time(10.9 * LIMITS.step_seconds)
    application.may_go_on.set()
    line.pass_time(0.5 * LIMITS.step_seconds)
    line.send(bytes(500_000 - sum(pieces)))

    assert (line.statuses, line.said["length"]) == ([200], 500_000)


NEXT = {
    "a-head": (LINE, True),
    "a-body": (post(10) + b"part", True),
    "a-long-head": (LINE + b"x: " + b"a" * 2 * LIMITS.head_bytes, False),
}


@pytest.mark.parametrize(("following", "is_finished"), NEXT.values(), ids=NEXT)
def test_nothing_is_said_within_another_answer(dial: Dial, following: bytes, is_finished: bool) -> None:
    application = Streaming()
    line = dial(application)
    line.send(post(0))
    line.send(following)
    application.may_listen.set()
    line.pass_time(3.5 * LIMITS.step_seconds)
    assert (line.statuses, line.is_closed) == ([200], not is_finished)

    application.may_go_on.set()
    line.pass_time(0)
    assert (b"done\r\n0\r\n\r\n" in line.heard) == is_finished


def test_a_body_that_goes_on_after_its_answer_ends_the_connection(dial: Dial) -> None:
    line = dial(PlainTextResponse("no", 401))
    line.send(post(10**6))
    for _ in range(int(LIMITS.step_seconds)):
        line.send(b"x")
        line.pass_time(1)

    assert (line.is_closed, line.statuses) == (True, [401])


def test_bytes_between_requests_keep_nothing_open(dial: Dial) -> None:
    line = dial(reading)
    line.send(post(0))
    for _ in range(int(LIMITS.step_seconds) + 1):
        line.send(b"\r\n")
        line.pass_time(1)

    assert line.is_closed


ENDLESS_TRAILERS = {
    "many": b"x-more: %b\r\n" % (b"a" * 1000) * 1000,
    "long": b"x-more: " + b"a" * 1_000_000,
    "extension": b"5;" + b"a" * 1_000_000,
}


@pytest.mark.parametrize("trailers", ENDLESS_TRAILERS.values(), ids=ENDLESS_TRAILERS)
def test_what_follows_a_chunked_body_counts_as_head(dial: Dial, trailers: bytes) -> None:
    line = dial(reading)
    line.send(CHUNKED + b"2\r\nab\r\n" + (b"" if trailers.startswith(b"5;") else b"0\r\n") + trailers)

    assert (line.is_closed, line.statuses) == (True, [431])


@pytest.mark.parametrize("trailers", ENDLESS_TRAILERS.values(), ids=ENDLESS_TRAILERS)
def test_nor_may_it_go_on_after_the_answer(dial: Dial, trailers: bytes) -> None:
    line = dial(PlainTextResponse("no", 401))
    line.send(CHUNKED + b"2\r\nab\r\n" + (b"" if trailers.startswith(b"5;") else b"0\r\n") + trailers)

    assert (line.is_closed, line.statuses) == (True, [401])


def test_what_follows_a_body_is_no_header(dial: Dial) -> None:
    line = dial(reading)
    line.send(CHUNKED + b"2\r\nab\r\n0\r\nx-towpath-mode: internal\r\n\r\n")

    assert line.said == {"length": 2, "headers": ["host", "transfer-encoding"]}


def test_where_there_are_too_many_the_one_that_is_silent_longest_goes(dial: Dial) -> None:
    application = Waiting()
    answered = dial(application)
    answered.send(post(0))
    answered.pass_time(1)
    silent = dial(reading)
    silent.pass_time(1)
    application.may_go_on.set()  # so it is the other that has done nothing for longer
    answered.pass_time(0)
    third = dial(reading)
    for line in (answered, silent, third):
        line.pass_time(1)
        assert line.is_closed == (line is silent)
    assert silent.heard == b""

    third.send(LINE)
    dial(reading)
    dial(reading)
    for line in (answered, third):
        line.pass_time(0)
        assert line.is_closed
    assert (answered.statuses, third.statuses) == ([200], [408])


def test_of_several_at_once_each_makes_room(dial: Dial) -> None:
    old = [dial(reading) for _ in range(LIMITS.connections)]
    old[0].pass_time(1)
    new = dial.at_once(LIMITS.connections, reading)
    for line in (*old, *new):
        line.pass_time(0)

    assert [line.is_closed for line in (*old, *new)] == [True, True, False, False]


def test_where_none_is_silent_the_new_one_is_refused_in_words(dial: Dial) -> None:
    application = Waiting()
    busy = [dial(application) for _ in range(LIMITS.connections)]
    for line in busy:
        line.send(post(0))
    last = dial(application)
    last.pass_time(0)

    assert (last.is_closed, last.statuses) == (True, [529])
    assert last.said["error"]["type"] == "overloaded_error"
    application.may_go_on.set()
    for line in busy:
        line.pass_time(0)
        assert line.statuses == [200]
