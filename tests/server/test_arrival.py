"""What arrives before there is a request: bounded, and refused in the API's words.

How long it may take is in test_http_limits_time.py, and how many connections there may be.
"""

import json
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.support.raw import answer
from tests.support.serving import served
from towpath.cli.serve.command import http_config
from towpath.server.http.arrival import HttpLimits, limited
from towpath.settings import Settings

LIMITS = HttpLimits()
REQUEST = b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: %d\r\n%s\r\n"


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """A server with small limits, whose application says "passed"."""
    config = uvicorn.Config(PlainTextResponse("passed"), http=limited(LIMITS), log_level="critical")
    with served(config) as address:
        yield address


def test_a_long_body_after_a_short_head_passes(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        body = b"x" * (4 * LIMITS.head_bytes)
        for _ in range(2):  # the second request of a connection has a head of its own
            connection.sendall(REQUEST % (len(body), b"") + body)
            assert answer(connection) == (200, b"passed")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"x-one: " + b"a" * LIMITS.head_bytes, id="one-long-header"),
        pytest.param(b"x-many: a\r\n" * (LIMITS.head_bytes // 10), id="many-headers"),
    ],
)
def test_a_head_that_does_not_end_is_refused_in_words(address: tuple[str, int], head: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n" + head)
        status, body = answer(connection)

    error = json.loads(body)
    assert status == 431
    assert error["error"] == {
        "type": "invalid_request_error",
        "message": f"headers: they take more than {LIMITS.head_bytes:,} bytes",
    }
    assert error["request_id"].startswith("req_")


def test_the_time_for_a_request_is_a_setting() -> None:
    settings = Settings(request_timeout_seconds=0.2)
    with (
        served(http_config(PlainTextResponse("passed"), settings)) as address,
        socket.create_connection(address) as connection,
    ):
        connection.sendall(b"POST / HTTP/1.1\r\n")
        assert answer(connection)[0] == 408


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", id="tls"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="version"),
        pytest.param(b"GET / HTTP/1.1\r\nno header\r\n\r\n", id="header"),
        pytest.param(
            b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n",
            id="chunk",
        ),
    ],
)
def test_what_is_no_http_is_refused_in_words(waiting: tuple[str, int], data: bytes) -> None:
    with socket.create_connection(waiting) as connection:
        connection.sendall(data)
        status, body = answer(connection)

    error = json.loads(body)
    assert (status, error["error"]["type"]) == (400, "invalid_request_error")
    assert error["error"]["message"] == "Invalid HTTP request received."


@pytest.mark.parametrize(
    "line",
    [
        b"CONNECT api.example:443 HTTP/1.1",
        b"GET http:// HTTP/1.1",
        b"GET http:///health HTTP/1.1",
        b"GET http://127.0.0.1 HTTP/1.1",
        b"OPTIONS https://127.0.0.1:99999/health HTTP/1.1",
    ],
)
@pytest.mark.parametrize("body", [b"\r\n", b"content-length: 3\r\n\r\nabc"], ids=["bare", "body"])
def test_a_target_that_is_no_path_is_refused_in_words(
    waiting: tuple[str, int], line: bytes, body: bytes
) -> None:
    with socket.create_connection(waiting) as connection:
        connection.sendall(line + b"\r\nhost: 127.0.0.1\r\n" + body)
        status, said = answer(connection)

    error = json.loads(said)["error"]
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert "must be a path" in error["message"]


@pytest.mark.parametrize("data", [b"\x00\x01 no request\r\n\r\n", b"CONNECT a.example:1 HTTP/1.1\r\n\r\n"])
def test_an_answer_that_has_begun_gets_no_other_into_it(waiting: tuple[str, int], data: bytes) -> None:
    with socket.create_connection(waiting) as connection:
        connection.sendall(REQUEST % (0, b""))
        received = connection.recv(65536)
        connection.sendall(data)
        while part := connection.recv(65536):
            received += part

    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.count(b"HTTP/1.1") == 1


@pytest.fixture(scope="module")
def waiting() -> Iterator[tuple[str, int]]:
    """A server that reads a body, begins its answer and does not end it while the client is there."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
        if message["type"] == "http.request":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            await receive()

    with served(
        uvicorn.Config(application, http=limited(LIMITS), log_level="critical", lifespan="off")
    ) as place:
        yield place
