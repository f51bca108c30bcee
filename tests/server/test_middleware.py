"""The way in, by the server's own HTTP: spellings of paths, WebSockets, and who asks whether it is there."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.isolated_proxy import a_key
from tests.support.serving import served
from tests.support.waiting import WAIT_SECONDS
from towpath.cli.serve.command import http_config
from towpath.server.app import create_app
from towpath.settings import Settings

KEY = {"x-api-key": "s3cret"}
JSON = {"content-type": "application/json"}
VERSION = {"anthropic-version": "2023-06-01"}
Address = tuple[str, int]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The whole application, with a key, over real connections."""
    settings = Settings(
        state_dir=tmp_path_factory.mktemp("state"), spares=0, api_key=SecretStr(KEY["x-api-key"])
    )
    with served(http_config(create_app(settings, ask_login=a_key), settings)) as address:
        yield address


def ask(address: Address, method: str, target: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body, for a target that is sent as it stands here."""
    connection = HTTPConnection(*address)
    try:
        connection.request(method, target, b"{}" if method == "POST" else None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


# What each says to an empty body shows that it was reached.
POSTED = {
    "/v1/messages": b"model: ",
    "/v1/messages/count_tokens": b"model: ",
    "/v1/chat/completions": b"messages: ",
    "/v1/responses": b"input: ",
    "/v1/messages/batches/b_1/cancel": b"CLAUDE_PROXY_UPSTREAM_API_KEY",
}
FETCHED = {
    "/v1/files": b"CLAUDE_PROXY_UPSTREAM_API_KEY",
    "/v1/limits": b"{",
    "/v1/activity": b"{",
    "/metrics": b"towpath_",
    "/openapi.json": b"openapi",
    "/health": b"version",
    "/": b"Towpath",
}
SPELLED = ["{}", "/{}", "{}/", "//{}//", "{}%2F", "/%2f{}", "{}?beta=true", "/{}/?beta=true"]


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize(("path", "said"), POSTED.items())
def test_a_path_is_served_however_it_is_spelled(
    address: Address, path: str, said: bytes, spelled: str
) -> None:
    status, body = ask(address, "POST", spelled.format(path), {**JSON, **KEY})

    assert status in (400, 404)
    assert said in body


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize(("path", "said"), FETCHED.items())
def test_so_is_one_that_is_fetched(address: Address, path: str, said: bytes, spelled: str) -> None:
    assert said in ask(address, "GET", spelled.format(path), KEY)[1]


@pytest.mark.parametrize("path", ["/v1/messages", "/v1//chat/completions", "/page//page.css"])
def test_slashes_within_count_once(address: Address, path: str) -> None:
    method = "GET" if path.startswith("/page") else "POST"

    assert ask(address, method, path.replace("/", "///"), {**JSON, **KEY})[0] in (200, 400)


PIECES = ["", "/", ".", "..", "%2e%2e", "%2F", "%5c", ";", "%00", "?", "/page", "/health", "/api/hello"]
PIECES += [
    "/v1",
    "/limits",
    "/activity",
    "/metrics",
    "/models",
    "/openapi.json",
    "/page/page.js",
    "/page/clients.json",
]


@pytest.fixture(scope="module")
def open_answers(address: Address) -> set[bytes]:
    """All that is said without the key, and holds no data."""
    open_paths = ("/", "/health", "/api/hello", "/page/page.js", "/page/clients.json")
    return {ask(address, "GET", path, {})[1] for path in open_paths}


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=8))
def test_no_spelling_leads_past_the_key(
    address: Address, open_answers: set[bytes], pieces: list[str]
) -> None:
    status, body = ask(address, "GET", "/" + "".join(pieces), {})

    assert status in (200, 401, 404), body
    assert status != 200 or body in open_answers


@pytest.mark.parametrize("path", ["/health/", "//health", "/api/hello/", "/page//page.css"])
def test_what_needs_no_key_needs_none_in_any_spelling(address: Address, path: str) -> None:
    assert ask(address, "GET", path, {})[0] == 200


@pytest.mark.parametrize("path", ["/health/../v1/limits", "/page/../v1/limits", "/page/%2e%2e/v1/limits"])
def test_dots_lead_nowhere(address: Address, path: str) -> None:
    assert ask(address, "GET", path, {})[0] in (401, 404)
    assert ask(address, "GET", path, KEY)[0] == 404


def test_a_form_is_a_file_in_any_spelling_and_nothing_else(address: Address) -> None:
    form = {"content-type": "multipart/form-data; boundary=x", **VERSION, **KEY}

    assert b"Files cannot be reached" in ask(address, "POST", "//v1/files/", form)[1]
    assert b"Content-Type" in ask(address, "POST", "/v1/messages//", form)[1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_asks_whether_anybody_is_there_is_told(address: Address, method: str) -> None:
    status, body = ask(address, method, "/api/hello", {})

    assert status == 200
    assert body == (b'{"message":"hello"}' if method == "GET" else b"")


def refused_upgrade(address: Address, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    url = f"ws://{address[0]}:{address[1]}{path}"
    with pytest.raises(InvalidStatus) as raised, connect(url, additional_headers=headers, proxy=None):
        pass
    response = raised.value.response
    assert response.headers["content-type"] == "application/json"
    return response.status_code, json.loads(response.body or b"")


@pytest.mark.parametrize("path", ["/", "/v1/messages", "/v1/activity/stream", "/health", "/nothing"])
def test_there_are_no_websockets_and_that_is_said(address: Address, path: str) -> None:
    status, body = refused_upgrade(address, path, KEY)

    assert (status, body["type"], body["error"]["type"]) == (426, "error", "invalid_request_error")
    assert "POST" in body["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/responses", "/responses", "//v1/responses/", "/v1/chat/completions"])
def test_openais_clients_hear_it_in_their_shape(address: Address, path: str) -> None:
    status, body = refused_upgrade(address, path, {"authorization": f"Bearer {KEY['x-api-key']}"})

    assert (status, set(body)) == (426, {"error"})
    assert "POST" in body["error"]["message"]


def test_walls_come_first(address: Address) -> None:
    assert refused_upgrade(address, "/v1/responses", {})[0] == 401
    assert refused_upgrade(address, "/v1/responses", {"origin": "https://evil.example", **KEY})[0] == 403


def test_another_upgrade_is_passed_over(address: Address) -> None:
    """Java's client asks for HTTP/2 in its first request, and takes HTTP/1.1 where it gets no word of it."""
    headers = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAEAAEAA"}
    with httpx.Client(
        base_url=f"http://{address[0]}:{address[1]}", headers=KEY, timeout=WAIT_SECONDS
    ) as http:
        for _ in range(2):
            response = http.post("/v1/messages", json={}, headers=headers)
            assert (response.status_code, "upgrade" in response.headers) == (400, False)
