"""The whole application from outside: what may come in, and what the CLI gets to see."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.fidelity import user
from tests.support.processes import cli_processes
from tests.support.program import towpath_process
from tests.support.proxy import Client
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi

KEY = "planted-key"
ENDLESS = "/v1/activity/stream"
ELSEWHERE: dict[str, dict[str, str]] = {
    "host": {"host": "evil.example"},
    "origin": {"origin": "https://evil.example"},
    "neighbour": {"origin": "http://localhost:5173"},
}


def ask(settings: Settings, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    (response,) = ask_all(settings, [(method, path)], headers)
    return response


def ask_all(
    settings: Settings, places: Iterable[tuple[str, str]], headers: dict[str, str]
) -> list[httpx.Response]:
    # Such an application has nothing to close.
    app = create_app(settings.model_copy(update={"upstream_base_url": None, "upstream_api_key": None}))
    return ask_app(app, places, headers)


def ask_app(
    app: Starlette, places: Iterable[tuple[str, str]], headers: dict[str, str]
) -> list[httpx.Response]:
    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3456") as client:
            return [
                await client.request(method, path, headers=headers, content=b"{}") for method, path in places
            ]

    return asyncio.run(send())


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a state folder of the test's own."""
    return settings.model_copy(update={"state_dir": tmp_path / "state"})


def routes(settings: Settings) -> list[tuple[str, str]]:
    found = [route for route in create_app(settings).routes if isinstance(route, Route)]
    return [(method, route.path) for route in found for method in sorted(route.methods or ())]


@pytest.mark.parametrize("headers", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_route_answers_somebody_elsewhere(own: Settings, headers: dict[str, str]) -> None:
    walked = [*routes(own), ("GET", "/nothing"), ("OPTIONS", "/v1/messages"), ("DELETE", "/")]
    assert {path for _, path in walked} >= {"/", "/health", "/metrics", "/v1/messages"}
    responses = ask_all(own, walked, {"content-type": "application/json", **headers})

    for place, response in zip(walked, responses, strict=True):
        assert response.status_code == 403, place
        assert not any(name.startswith("access-control") for name in response.headers)


@pytest.mark.cli
def test_no_route_with_data_answers_without_the_key(own: Settings) -> None:
    keyed = Settings(**{**own.model_dump(), "api_key": f"other, {KEY}"})
    walked = [*routes(keyed), ("GET", "/nothing")]
    for place, refused in zip(
        walked, ask_all(keyed, walked, {"content-type": "application/json"}), strict=True
    ):
        is_open = place[1] in ("/", "/health", "/api/hello") or place[1].startswith("/page/")
        assert (refused.status_code != 401) == is_open, place

    ending = [place for place in walked if place[1] != ENDLESS]
    for passed in ask_all(keyed, ending, {"content-type": "application/json", "x-api-key": KEY}):
        assert passed.status_code not in (401, 403), passed.request.url


def test_health_tells_a_stranger_only_that_it_is_well(own: Settings) -> None:
    keyed = Settings(**{**own.model_dump(), "api_key": KEY})

    assert ask(keyed, "GET", "/health", {}).json() == {"status": "ok"}
    assert "auth" in ask(keyed, "GET", "/health", {"authorization": f"Bearer {KEY}"}).json()
    assert "auth" in ask(own, "GET", "/health", {}).json()


def test_a_page_that_was_named_may_call_and_no_other(own: Settings) -> None:
    page = {"origin": "https://chat.example", "access-control-request-method": "POST"}
    open_to_one = Settings(**{**own.model_dump(), "api_key": KEY, "allowed_origins": "https://chat.example"})
    asked = ask(
        open_to_one, "OPTIONS", "/v1/messages", {**page, "access-control-request-headers": "x-api-key"}
    )
    sent = ask(open_to_one, "GET", "/health", page)

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://chat.example"
    assert sent.headers["access-control-allow-origin"] == "https://chat.example"
    assert ask(open_to_one, "GET", "/health", {"origin": "https://other.example"}).status_code == 403


REFUSED: dict[str, tuple[int, dict[str, str]]] = {
    "no key": (401, {"content-type": "application/json"}),
    "no JSON": (400, {"x-api-key": KEY, "content-type": "text/plain"}),
    "another host": (403, {"x-api-key": KEY, "host": "elsewhere.example"}),
    "a WebSocket": (426, {"x-api-key": KEY, "content-type": "application/json", "upgrade": "websocket"}),
}


@pytest.mark.parametrize(("status", "headers"), REFUSED.values(), ids=REFUSED)
def test_a_page_that_was_named_can_read_why_it_is_refused(
    own: Settings, status: int, headers: dict[str, str]
) -> None:
    page = "https://chat.example"
    open_to_one = Settings(**{**own.model_dump(), "api_key": KEY, "allowed_origins": page})
    named = ask(open_to_one, "POST", "/v1/messages", {"origin": page, **headers})
    other = ask(open_to_one, "POST", "/v1/messages", {"origin": "https://other.example", **headers})

    assert (named.status_code, named.headers["access-control-allow-origin"]) == (status, page)
    assert named.json()["error"]["message"]
    assert other.status_code == 403
    assert not any(name.startswith("access-control") for name in other.headers)


def test_a_page_that_was_named_can_read_that_the_server_failed(own: Settings) -> None:
    page = "https://chat.example"
    app = create_app(own.model_copy(update={"allowed_origins": (page,)}))

    async def fail(_: Request) -> Response:
        raise RuntimeError

    app.add_route("/failing", fail)
    response = ask_app(app, [("GET", "/failing")], {"origin": page})[0]

    assert (response.status_code, response.headers["access-control-allow-origin"]) == (500, page)
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("value", "keys"),
    [("one", ("one",)), (" one , two,", ("one", "two")), ("@{file}", ("three", "four"))],
)
def test_keys_stand_in_a_list_or_in_a_file(tmp_path: Path, value: str, keys: tuple[str, ...]) -> None:
    (tmp_path / "keys").write_text("three\n\nfour\n")

    assert Settings(api_key=value.format(file=tmp_path / "keys")).keys == keys  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [",", "@", "@/nowhere/keys"])
def test_a_key_that_is_none_is_refused_in_words(value: str) -> None:
    with pytest.raises(ValueError, match=r"there is no key in it|No such file|Is a directory"):
        Settings(api_key=value)  # type: ignore[arg-type]


@pytest.mark.cli
def test_the_cli_gets_only_what_it_needs_of_the_environment(
    own: Settings, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_PROXY_API_KEY", "CLAUDE_CODE_EXTRA_BODY"):
        monkeypatch.setenv(name, KEY)
    with (
        towpath_process(own) as (_, url),
        httpx.Client(base_url=url, headers={"x-api-key": KEY}, timeout=60) as http,
    ):
        Client(http).say(user("hello"))
        environment: dict[str, Any] = cli_processes(own.state_dir)[0].environ()

    assert KEY not in environment.values()
    assert environment["PATH"]
    assert environment["ANTHROPIC_API_KEY"] == "dummy"  # the upstream's own, as it was set
