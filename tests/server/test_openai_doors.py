"""The doors for OpenAI's clients refuse in that API's shape, whatever is missing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.answering import answering_proxy
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A proxy whose processes answer at once."""
    with answering_proxy(Settings(state_dir=tmp_path_factory.mktemp("state"), spares=0)) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {"model": "m"}, "messages"),
        ("/v1/chat/completions", {"model": "m", "messages": None}, "messages"),
        ("/v1/chat/completions", {"model": "m", "messages": []}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "hi"}]}, "model"),
        ("/v1/responses", {"model": "m"}, "input"),
        ("/v1/responses", {"model": "m", "input": None}, "input"),
        ("/v1/responses", {"input": "hi"}, "model"),
    ],
)
def test_what_is_missing_is_named(url: str, path: str, body: dict[str, Any], field: str) -> None:
    response = httpx.post(f"{url}{path}", json=body, timeout=WAIT_SECONDS)

    assert response.status_code == 400, response.text
    assert response.json()["error"]["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "conversation"),
    [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "hi"}]}),
        ("/v1/responses", {"input": "hi"}),
    ],
)
def test_what_is_left_out_is_named_in_a_header(
    url: str, path: str, conversation: dict[str, Any], *, stream: bool
) -> None:
    hints = {"temperature": 1.5, "service_tier": "flex"}
    body = {"model": "m", "stream": stream, **conversation}
    asked = httpx.post(f"{url}{path}", json={**body, **hints}, timeout=WAIT_SECONDS)
    refused = httpx.post(f"{url}{path}", json={**body, **hints, "top_p": 2}, timeout=WAIT_SECONDS)
    plain = httpx.post(f"{url}{path}", json=body, timeout=WAIT_SECONDS)

    named = [response.headers.get("x-towpath-left-out") for response in (asked, refused, plain)]
    assert named == ["temperature, service_tier", "temperature, service_tier", None]
    assert [response.status_code for response in (asked, refused, plain)] == [200, 400, 200]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/responses", 405),
        ("GET", "/v1/responses/resp_1", 404),
        ("POST", "/v1/responses/compact", 404),
        ("POST", "/v1/responses/input_tokens", 404),
        ("DELETE", "/v1/chat/completions/chatcmpl_1", 404),
    ],
)
def test_what_is_not_served_below_these_doors_is_refused_in_their_shape(
    url: str, method: str, path: str, status: int
) -> None:
    body: dict[str, Any] | None = {} if method == "POST" else None
    response = httpx.request(method, f"{url}{path}", json=body, timeout=WAIT_SECONDS)
    error = response.json()["error"]

    assert response.status_code == status
    assert error["message"].startswith(f"{method} {path} is not served here")
    assert {"type", "param", "code"} < error.keys()
    assert response.headers["x-request-id"]
