"""Who may call: the table of Host, Origin, content type and key."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from towpath.server.exchange.events import CallerRejected, Refused, ServerEvent
from towpath.server.guard import Guard, Rules, caller_of
from towpath.server.loopback import is_loopback

KEY = "s3cret"
PASSED = (200, "")


def answer_to(
    headers: dict[str, str],
    *,
    method: str = "POST",
    path: str = "/v1/messages",
    host: str = "127.0.0.1",
    keys: Sequence[str] = (),
    **rules: Sequence[str],
) -> tuple[int, str]:
    """Status of a guarded application's response, and the header that its error names."""
    sent = {"host": "127.0.0.1:3456", "content-type": "application/json", **headers}
    response = ask(guarded(Rules(host, keys=keys, **rules)), method, path, sent)
    if response.text == "passed":
        return response.status_code, ""
    error: dict[str, Any] = response.json()
    return response.status_code, error["error"]["message"].partition(":")[0]


def guarded(rules: Rules, published: list[ServerEvent] | None = None) -> Guard:
    told = [] if published is None else published
    return Guard(PlainTextResponse("passed"), rules, told.append)


def ask(app: Guard, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3456") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(send())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:3456",
        "127.0.0.1",
        "127.1.2.3",
        "localhost:3456",
        "LOCALHOST",
        "[::1]:3456",
        "[::1]",
    ],
)
def test_a_host_that_is_this_machine_passes(host: str) -> None:
    assert answer_to({"host": host}) == PASSED


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com:3456",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "notlocalhost",
        "192.168.1.5:3456",
        "[2001:db8::1]:3456",
        "0.0.0.0",  # noqa: S104 - what a rebinding page may send, not an address to bind
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_host_that_is_elsewhere_is_refused(method: str, host: str) -> None:
    assert answer_to({"host": host}, method=method) == (403, "Host")


@pytest.mark.parametrize("host", ["192.168.1.5", "canal.lan"])
def test_the_host_that_was_bound_passes(host: str) -> None:
    assert answer_to({"host": f"{host}:3456"}, host=host) == PASSED


@pytest.mark.parametrize("origin", ["http://127.0.0.1:3456", "https://127.0.0.1:3456"])
def test_a_page_of_this_server_passes(origin: str) -> None:
    assert answer_to({"origin": origin}) == PASSED


@pytest.mark.parametrize("origin", ["https://chat.example", "HTTPS://Chat.Example", "http://localhost:5173"])
def test_a_page_that_was_named_passes(origin: str) -> None:
    origins = ("https://chat.example", "http://localhost:5173")

    assert answer_to({"origin": origin}, origins=origins) == PASSED
    assert answer_to({"origin": f"{origin}.evil"}, origins=origins) == (403, "Origin")


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "http://localhost:5173",  # another server of this machine, whose pages anybody may have written
        "http://127.0.0.1",
        "http://localhost.example.com",
        "http://localhost@example.com",
        "chrome-extension://abcdef",
        "localhost",
        "null",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(method: str, origin: str) -> None:
    assert answer_to({"origin": origin}, method=method) == (403, "Origin")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_json_passes(content_type: str) -> None:
    assert answer_to({"content-type": content_type}) == PASSED


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
    ],
)
def test_a_body_that_a_page_could_post_is_refused(content_type: str) -> None:
    assert answer_to({"content-type": content_type}) == (400, "Content-Type")


VERSION = {"anthropic-version": "2023-06-01"}
FORM = {"content-type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize("path", ["/v1/files", "/files", "/v1/v1/files"])
def test_a_file_may_come_as_a_form_that_no_page_can_post(path: str) -> None:
    assert answer_to({**FORM, **VERSION}, path=path) == PASSED
    assert answer_to(FORM, path=path) == (400, "anthropic-version")
    assert answer_to({**FORM, **VERSION, "origin": "https://example.com"}, path=path) == (403, "Origin")
    assert answer_to({**FORM, **VERSION, "host": "example.com"}, path=path) == (403, "Host")
    assert answer_to({**FORM, **VERSION}, path=path, keys=[KEY]) == (401, "x-api-key")
    assert answer_to({**VERSION, "content-type": "text/plain"}, path=path) == (400, "Content-Type")


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/files/file_1", "/v1/messages/batches", "/v1/filesx"])
def test_nothing_else_may_come_as_a_form(path: str) -> None:
    assert answer_to({**FORM, **VERSION}, path=path) == (400, "Content-Type")


def test_a_cancellation_may_have_no_body_but_not_from_a_page() -> None:
    path = "/v1/messages/batches/msgbatch_1/cancel"

    assert answer_to({"content-type": "", **VERSION}, path=path) == PASSED
    assert answer_to({"content-type": ""}, path=path) == (400, "Content-Type")
    assert answer_to({**FORM, **VERSION}, path=path) == (400, "Content-Type")


def test_a_request_without_a_body_needs_no_content_type() -> None:
    assert answer_to({"content-type": "text/plain"}, method="GET") == PASSED


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": KEY},
        {"authorization": f"Bearer {KEY}"},
        {"x-api-key": KEY, "authorization": "Bearer dummy"},
        {"x-api-key": "dummy", "authorization": f"Bearer {KEY}"},
    ],
)
def test_the_key_passes(headers: dict[str, str]) -> None:
    assert answer_to(headers, keys=[KEY]) == PASSED


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "dummy"},
        {"x-api-key": f"{KEY}x"},
        {"x-api-key": KEY[:-1]},
        {"authorization": "Bearer dummy"},
        {"authorization": f"Basic {KEY}"},
        {"authorization": "Bearer "},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_the_key_nobody_passes(method: str, headers: dict[str, str]) -> None:
    assert answer_to(headers, method=method, keys=[KEY]) == (401, "x-api-key")


def test_health_needs_no_key_but_the_right_host() -> None:
    health: dict[str, Any] = {"method": "GET", "path": "/health", "keys": [KEY]}

    assert answer_to({}, **health) == PASSED
    assert answer_to({"host": "example.com"}, **health) == (403, "Host")


def test_where_no_key_is_set_any_key_passes() -> None:
    assert answer_to({"x-api-key": "dummy"}) == PASSED


def test_a_refusal_is_an_error_of_the_api() -> None:
    published: list[ServerEvent] = []
    response = ask(guarded(Rules("127.0.0.1"), published), "GET", "/", {"host": "example.com"})

    body = response.json()
    assert (body["type"], body["error"]["type"]) == ("error", "permission_error")
    assert response.headers["request-id"] == body["request_id"]
    (event,) = published
    assert isinstance(event, CallerRejected)
    assert (event.request_id, event.path, event.error.status) == (body["request_id"], "/", 403)


def test_a_body_that_is_not_json_is_about_the_request_and_not_about_who_calls() -> None:
    published: list[ServerEvent] = []
    ask(guarded(Rules("127.0.0.1"), published), "POST", "/v1/messages", {"content-type": "text/plain"})

    (event,) = published
    assert isinstance(event, Refused)
    assert event.error.status == 400


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - asked about, not bound
        ("::", False),
        ("192.168.1.5", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_loopback_is_what_only_this_machine_can_reach(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_callers_with_different_keys_differ_and_no_key_is_in_its_digest() -> None:
    assert caller_of("one") != caller_of("other")
    assert caller_of("one") == caller_of("one")
    assert KEY not in caller_of(KEY)


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_all_callers_are_one(key: str | None) -> None:
    assert caller_of(key) == ""


@pytest.mark.parametrize("headers", [{"host": "["}, {"origin": "http://["}])
def test_what_is_no_url_is_refused(headers: dict[str, str]) -> None:
    assert answer_to(headers)[0] == 403


def test_spelling_does_not_count() -> None:
    assert answer_to({"content-type": "Application/JSON; charset=utf-8"}) == PASSED
    assert answer_to({"authorization": "bearer secret"}, keys=["secret"]) == PASSED
    assert answer_to({"host": "localhost.:3456"}) == PASSED
    assert answer_to({"host": "canal.lan"}, host="Canal.lan") == PASSED


def test_on_an_open_address_the_name_must_be_known_and_the_key_sent() -> None:
    lan, address = {"host": "192.168.1.5:3456"}, "0.0.0.0"  # noqa: S104 - asked about, not bound
    key = {"x-api-key": "k"}

    assert answer_to({**lan, **key}, host=address, keys=["k"]) == (403, "Host")
    assert answer_to({**lan, **key}, host=address, keys=["k"], hosts=["192.168.1.5"]) == PASSED
    assert answer_to(lan, host=address, keys=["k"], hosts=["192.168.1.5"]) == (401, "x-api-key")
    assert answer_to(key, host=address, keys=["k"]) == PASSED


@pytest.mark.parametrize("key", ["one", "two"])
def test_any_of_several_keys_passes(key: str) -> None:
    assert answer_to({"x-api-key": key}, keys=["one", "two"]) == PASSED
    assert answer_to({"x-api-key": "one,two"}, keys=["one", "two"]) == (401, "x-api-key")


def test_a_browsers_question_needs_no_key_but_the_right_origin() -> None:
    rules: dict[str, Any] = {"method": "OPTIONS", "keys": [KEY], "origins": ["https://chat.example"]}

    assert answer_to({"origin": "https://chat.example"}, **rules) == PASSED
    assert answer_to({"origin": "https://other.example"}, **rules) == (403, "Origin")
    assert answer_to({}, **rules) == (401, "x-api-key")
