"""What arrives before there is a request: bounded, and refused in the API's words.

How long it may take is in test_protocol_time.py, and how many connections there may be.
"""

import json
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from tests.support.serving import served

from towpath.cli.protocol import HttpLimits, limited
from towpath.cli.serving import http_config
from towpath.settings import Settings

LIMITS = HttpLimits()
REQUEST = b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: %d\r\n%s\r\n"


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(PlainTextResponse("passed"), http=limited(LIMITS), log_level="critical")
    with served(config) as address:
        yield address


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and body of what comes until the connection closes, or a whole response has come."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith((b"passed", b"}")):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_a_long_body_behind_a_short_head_passes(address: tuple[str, int]) -> None:
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
