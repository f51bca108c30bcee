"""An upstream that answers with what no server may send, by every way on which it is asked."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.fidelity import Json, request, user
from tests.support.profiles import by_day
from tests.support.raw import RawServer, answers_raw, proxy_before

VERSION = {"anthropic-version": "2023-06-01"}
COUNT = {"model": "claude-x", "messages": [user("hi")]}
Ask = Callable[[httpx.Client], httpx.Response]
ASKS: dict[str, Ask] = {
    "file": lambda http: http.get("/v1/files/file_1/content", headers=VERSION),
    "batch": lambda http: http.get("/v1/messages/batches/batch_1", headers=VERSION),
    "count": lambda http: http.post("/v1/messages/count_tokens", json=COUNT),
}
ERROR = b'{"type":"error","error":{"type":"api_error","message":"odd"}}'
asked = pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawServer]:
    """An upstream that sends the bytes it is told to."""
    with answers_raw() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def http(upstream: RawServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a proxy in front of it."""
    with proxy_before(upstream, tmp_path_factory.mktemp("odd")) as http:
        yield http


def said(status: bytes, *headers: bytes, body: bytes = ERROR) -> bytes:
    fixed = (b"content-length: %d" % len(body), b"connection: close")
    return b"\r\n".join((b"HTTP/1.1 " + status, *headers, *fixed, b"", body))


def assert_is_said_in_words(response: httpx.Response, *words: str) -> None:
    assert response.status_code == 502, response.text
    error = response.json()["error"]
    assert error["type"] == "api_error"
    assert all(word in error["message"] for word in words), error["message"]


@asked
@pytest.mark.parametrize("status", ["600", "999"])
def test_a_status_that_is_none(http: httpx.Client, upstream: RawServer, ask: Ask, status: str) -> None:
    upstream.answer = said(f"{status} Odd".encode(), b"content-type: application/json")

    assert_is_said_in_words(ask(http), f"the upstream answered with the status {status}")


@asked
@pytest.mark.parametrize(
    "status", [b"101 Switching Protocols", b"103 Early Hints", b"099 Low", b"1000 High", b"twohundred OK"]
)
def test_an_answer_that_is_none(http: httpx.Client, upstream: RawServer, ask: Ask, status: bytes) -> None:
    upstream.answer = said(status, b"content-type: application/json")

    assert_is_said_in_words(ask(http))


@asked
@pytest.mark.parametrize(
    "value", [b"a\x01\x1b[31m", "ä日".encode(), b"\xff", b"\x7f"], ids=["control", "utf-8", "latin-1", "del"]
)
def test_a_header_with_characters_that_none_may_have(
    http: httpx.Client, upstream: RawServer, ask: Ask, value: bytes
) -> None:
    upstream.answer = said(b"200 OK", b"content-type: application/json", b"etag: " + value)

    assert_is_said_in_words(ask(http), "etag")


@asked
def test_a_header_that_is_not_handed_back_may_have_any(
    http: httpx.Client, upstream: RawServer, ask: Ask
) -> None:
    upstream.answer = said(b"400 Bad", b"content-type: application/json", "server: ä".encode())

    assert (ask(http).status_code, ask(http).json()["error"]["message"]) == (400, "odd")


NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\netag: x\r\ncontent-length: 9\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("path", ["/v1/files/file_1/content", "/v1/messages/batches/batch_1"])
def test_what_has_not_changed_is_not_sent_again(http: httpx.Client, upstream: RawServer, path: str) -> None:
    upstream.answer = NOT_MODIFIED
    response = http.get(path, headers={**VERSION, "if-none-match": "x"})

    assert (response.status_code, response.headers["etag"], response.content) == (304, "x", b"")


def test_what_is_deleted_needs_no_body(http: httpx.Client, upstream: RawServer) -> None:
    upstream.answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    response = http.delete("/v1/files/file_1", headers=VERSION)

    assert (response.status_code, response.content) == (204, b"")


@asked
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (304, NOT_MODIFIED),
        (204, b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"),
        (300, said(b"300 Choices", b"content-type: text/html", body=b"<p>")),
        (307, said(b"307 On", b"location: https://elsewhere.example/?secret", body=b"")),
    ],
)
def test_a_status_that_answers_nothing(
    http: httpx.Client, upstream: RawServer, ask: Ask, status: int, answer: bytes
) -> None:
    upstream.answer = answer

    assert_is_said_in_words(ask(http), f"the upstream answered with the status {status}")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"input_tokens":"many"}', b'{"input_tokens":-1}']
)
def test_a_count_that_is_none(http: httpx.Client, upstream: RawServer, body: bytes) -> None:
    upstream.answer = said(b"200 OK", b"content-type: application/json", body=body)

    assert_is_said_in_words(ASKS["count"](http), "the upstream's answer is no count")


def test_an_upstream_that_sends_requests_on_is_warned_of_once(tmp_path: Path) -> None:
    with answers_raw() as upstream, proxy_before(upstream, tmp_path) as http, capture_logs() as lines:
        upstream.answer = said(b"302 On", b"location: https://elsewhere.example/?secret", body=b"")
        for ask in ASKS.values():
            ask(http)

    warned = [line for line in lines if line["log_level"] == "warning"]
    assert [line["to"] for line in warned] == ["https://elsewhere.example"]
    assert "secret" not in str(warned)


@pytest.mark.parametrize("ask", [ASKS["batch"], ASKS["count"]], ids=["batch", "count"])
def test_an_answer_that_is_read_here_has_a_limit(http: httpx.Client, upstream: RawServer, ask: Ask) -> None:
    kind, limit = b"content-type: application/json", "4,194,304 bytes"
    bomb = gzip.compress(bytes(256 * 1024 * 1024), compresslevel=9)

    upstream.answer = said(b"200 OK", kind, b"content-encoding: gzip", body=bomb)
    assert_is_said_in_words(ask(http), limit)
    upstream.answer = said(b"200 OK", kind, body=bytes(5 * 1024 * 1024))
    assert_is_said_in_words(ask(http), limit)
    upstream.answer = said(b"200 OK", kind, b"content-encoding: gzip", body=b"no gzip")
    assert_is_said_in_words(ask(http), "cannot be read")
    upstream.answer = said(b"200 OK", kind, b"content-encoding: odd", body=b"{}")
    assert_is_said_in_words(ask(http), "cannot be read", "odd")
    upstream.answer = said(
        b"200 OK", kind, b"content-encoding: gzip", body=gzip.compress(b'{"input_tokens":7}')
    )
    assert ask(http).json() == {"input_tokens": 7}
    assert b"accept-encoding: identity" in upstream.asked[-1].lower()


@pytest.mark.cli
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", by_day(["304", "999"], ["304", "600", "999"]))
def test_a_status_that_is_none_through_the_cli(
    http: httpx.Client, upstream: RawServer, status: str, *, streams: bool
) -> None:
    upstream.answer = said(f"{status} Odd".encode(), b"content-type: application/json")
    response = http.post("/v1/messages", json=request([user("hi")], stream=streams))

    assert_is_said_in_words(response, f"the upstream answered with the status {int(status)}")


EVENTS = (b"200 OK", b"content-type: text/event-stream")
UNREADABLE: dict[str, Callable[[], bytes]] = {
    "usage with a number for a list": lambda: said(*EVENTS, body=stream_with('{"iterations":5}').encode()),
    "no JSON": lambda: said(*EVENTS, body=stream_with('{"input_tokens":Infinity}').encode()),
    "a header with a control character": lambda: said(*EVENTS, b"x-odd: a\x01b", body=b""),
    "a page": lambda: said(b"200 OK", b"content-type: text/html", body=b"<html>"),
    "a status below 100": lambda: said(b"099 Low", b"content-type: application/json"),
    "no HTTP": lambda: b"garbage\r\n\r\n",
}


@pytest.mark.cli
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_what_the_cli_cannot_read(
    http: httpx.Client, upstream: RawServer, answer: Callable[[], bytes]
) -> None:
    upstream.answer = answer()
    response = http.post("/v1/messages", json=request([user("hi")]))

    assert_is_said_in_words(response, "the upstream did not answer as the API does")


# Legal JSON that the CLI passes on.
MISSHAPEN = {
    "a message without a list": ('"content":[]', '"content":null'),
    "a block that is null": ('"content_block":{"type":"text","text":""}', '"content_block":null'),
    "a delta of another block": ('"index":0,"delta"', '"index":7,"delta"'),
}


@pytest.mark.cli
@pytest.mark.parametrize("change", MISSHAPEN.values(), ids=MISSHAPEN)
def test_an_event_that_is_not_as_the_api_writes_it_ends_the_answer(
    http: httpx.Client, upstream: RawServer, change: tuple[str, str]
) -> None:
    upstream.asked.clear()
    upstream.answer = said(*EVENTS, body=stream_with("{}").replace(*change).encode())
    response = http.post("/v1/messages", json=request([user("hi")]))

    assert_is_said_in_words(response, "")
    assert calls_at(upstream) == 1


def calls_at(upstream: RawServer) -> int:
    return sum(head.startswith(b"POST /v1/messages") for head in upstream.asked)


@pytest.mark.cli
def test_an_id_of_the_upstreams_that_no_header_may_have(http: httpx.Client, upstream: RawServer) -> None:
    upstream.answer = said(b"400 Bad", b"content-type: application/json", "request-id: req_ä日".encode())
    response = http.post("/v1/messages", json=request([user("hi")]))

    assert (response.status_code, response.json()["error"]["message"]) == (400, "odd")
    assert response.headers["request-id"] == response.json()["request_id"]
    assert response.headers["request-id"].isascii()


ODD_USAGES = {
    "null": "null",
    "list": "[7]",
    "text": '"much"',
    "negative": '{"input_tokens": -7}',
    "texts": '{"input_tokens": "seven", "output_tokens": [5]}',
    "huge": '{"input_tokens": 100000000000000000000}',
    "deep": f'{{"x": {"[" * 300 + "]" * 300}, "y": "\\ud800"}}',
}


@pytest.mark.cli
@pytest.mark.parametrize("name", by_day(["null", "texts", "deep"], ODD_USAGES))
def test_usage_of_any_shape_reaches_the_client_as_it_was_said(
    http: httpx.Client, upstream: RawServer, name: str
) -> None:
    """What our own reading makes of each: tests/server/test_odd_usage.py."""
    usage = ODD_USAGES[name]
    body = request([user("hi")], metadata={"user_id": name})
    upstream.answer = said(b"200 OK", b"content-type: text/event-stream", body=stream_with(usage).encode())
    streamed = http.post("/v1/messages", json={**body, "stream": True}).text
    folded = http.post("/v1/messages", json=body).json()
    chat = http.post("/v1/chat/completions", json={"model": "claude-x", "messages": [user_text("hi")]}).json()
    shown = http.get("/v1/activity").json()["exchanges"][:3]

    events = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: ")]
    assert [events[0]["message"]["usage"], events[-2]["usage"]] == [json.loads(usage)] * 2
    assert events[-1] == {"type": "message_stop"}
    assert (folded["usage"], folded["stop_reason"]) == (json.loads(usage), "end_turn")
    assert chat["usage"]["total_tokens"] == 0
    assert [one["state"] for one in shown] == ["complete"] * 3


@pytest.mark.cli
def test_usage_that_is_nested_too_deep_to_be_read_is_an_error(
    http: httpx.Client, upstream: RawServer
) -> None:
    usage = f'{{"x": {"[" * 3000 + "]" * 3000}}}'
    upstream.asked.clear()
    upstream.answer = said(b"200 OK", b"content-type: text/event-stream", body=stream_with(usage).encode())
    response = http.post("/v1/messages", json=request([user("hi")]))

    assert_is_said_in_words(response, "")
    assert calls_at(upstream) == 1


def user_text(text: str) -> Json:
    return {"role": "user", "content": text}


def stream_with(usage: str) -> str:
    """An answer of one text whose usage is this JSON, at its begin and at its end."""
    message = (
        '"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null'
    )
    events = (
        f'{{"type":"message_start","message":{{{message},"usage":{usage}}}}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}',
        '{"type":"content_block_stop","index":0}',
        f'{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{usage}}}',
        '{"type":"message_stop"}',
    )
    named = ((event.split('"', 4)[3], event) for event in events)
    return "".join(f"event: {name}\ndata: {event}\n\n" for name, event in named)
