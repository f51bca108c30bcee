"""Limits of an account: response headers, /v1/limits, metrics, and CLAUDE_PROXY_NO_EXTRA_USAGE.

The CLI tells of limits under a plan's login alone (docs/engine.md, L1). For one it takes a token, which
the scripted API does not look at.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest

from tests.support.account import ON_EXTRA_USAGE, REFUSED, RESET, WITHIN
from tests.support.fidelity import Json, result, text, user
from tests.support.figures import figures
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import Client, calls_of
from tests.support.streams import stream
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

UNIFIED = "anthropic-ratelimit-unified"
UNKNOWN: Json = {
    "access": "default",
    "as_of": None,
    "status": None,
    "representative": None,
    "windows": [],
    "extra_usage": {
        "status": None,
        "resets_at": None,
        "disabled_reason": None,
        "in_use": None,
        "allowed_here": True,
    },
    "refusing": [],
    "others": [],
}
YES = text("yes")
CALL: Json = {"type": "tool_use", "name": "read", "input": {"path": "a"}}
Login = Callable[..., httpx.Client]


class Clock:
    """Unix time, as the test says."""

    def __init__(self) -> None:
        self.now = float(RESET - 3600)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time, which the test moves."""
    return Clock()


@pytest.fixture
def login(
    own_settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch, api: ScriptedApi
) -> Iterator[Login]:
    """Makes a client of a proxy with a login."""
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
    with ExitStack() as running:

        def make(**changes: Any) -> httpx.Client:
            own = own_settings.model_copy(update={"upstream_api_key": None, **changes})
            return running.enter_context(isolated_proxy(own, clock=clock)).http

        yield make


def limits(http: httpx.Client) -> Json:
    said: Json = http.get("/v1/limits").json()
    return said


def until_known(http: httpx.Client, status: str) -> Json:
    """What the server knows, once it has heard that; the CLI says it after the answer."""
    wait_until(lambda: limits(http)["status"] == status)
    return limits(http)


def unified(headers: httpx.Headers) -> dict[str, str]:
    return {name.removeprefix(f"{UNIFIED}-"): value for name, value in headers.items() if UNIFIED in name}


def test_what_an_answer_says_of_limits_is_shown(api: ScriptedApi, login: Login) -> None:
    http = login()
    client = Client(http)
    assert limits(http) == UNKNOWN

    api.reply(Reply((YES,), headers=WITHIN))
    assert unified(client.post([user("a")]).headers) == {}
    known = until_known(http, "allowed")

    assert known["windows"] == [
        {"name": "seven_day", "status": "allowed", "utilization": 0.11, "resets_at": RESET + 86_400},
        {"name": "five_hour", "status": "allowed", "utilization": 0.42, "resets_at": RESET},
    ]
    assert known["representative"] == "five_hour"
    assert known["extra_usage"]["disabled_reason"] == "out_of_credits"
    assert known["extra_usage"]["in_use"] is False
    whole = client.post([user("b")])
    streamed = client.post([user("c")], stream=True)
    for response in (whole, streamed):
        assert unified(response.headers) == {
            "status": "allowed",
            "representative-claim": "five_hour",
            "reset": str(RESET),
            "5h-status": "allowed",
            "5h-utilization": "0.42",
            "5h-reset": str(RESET),
            "7d-status": "allowed",
            "7d-utilization": "0.11",
            "7d-reset": str(RESET + 86_400),
            "overage-status": "rejected",
            "overage-disabled-reason": "out_of_credits",
        }
    seen = figures(http)
    assert seen["towpath_limit_utilization", "default", "five_hour"] == 0.42
    assert seen["towpath_limit_reset_timestamp_seconds", "default", "seven_day"] == RESET + 86_400
    assert seen["towpath_extra_usage_in_use", "default"] == 0


def test_with_an_api_key_nothing_is_known(api: ScriptedApi, http: httpx.Client) -> None:
    client = Client(http)
    api.reply(Reply((YES,), headers=ON_EXTRA_USAGE))
    client.say(user("a"))
    api.reply(Failure(429, "rate_limit_error", "slow down", headers={**REFUSED, "retry-after": "17"}))
    refused = client.post([*client.messages, user("b")])

    assert refused.status_code == 429
    assert "retry-after" not in refused.headers  # the CLI does not tell of it
    assert unified(refused.headers) == {}
    assert limits(http) == UNKNOWN


def test_a_429_of_the_api_says_when_to_try_again(api: ScriptedApi, login: Login) -> None:
    http = login()
    api.reply(Failure(429, "rate_limit_error", "no", headers=REFUSED))
    refused = Client(http).post([user("a")], stream=True)

    assert refused.status_code == 429
    assert abs(int(refused.headers["retry-after"]) - (RESET - time.time())) < 60
    assert unified(refused.headers)["status"] == "rejected"
    assert limits(http)["status"] == "rejected"
    Client(http).say(user("b"))  # whether to ask again is the client's to decide


def test_what_would_draw_on_extra_usage_is_refused_until_the_reset(
    api: ScriptedApi, login: Login, clock: Clock
) -> None:
    http = login(no_extra_usage=True)
    client, other = Client(http), Client(http)
    other.say(user("a"))
    api.reply(Reply((CALL,), headers=ON_EXTRA_USAGE))
    (call,) = calls_of(client.say(user("b")))
    known = until_known(http, "rejected")
    calls = len(api.exchanges)

    assert known["extra_usage"] == {
        "status": "allowed",
        "resets_at": None,
        "disabled_reason": None,
        "in_use": True,
        "allowed_here": False,
    }
    assert known["refusing"] == [{"window": "five_hour", "model": "claude-sonnet-4-5", "until": RESET}]
    assert figures(http)["towpath_extra_usage_in_use", "default"] == 1
    answer = [*client.messages, user(result(call, "r"))]
    for refused in (
        client.post(answer),
        client.post(answer, stream=True),
        other.post([*other.messages, user("c")]),
        Client(http).post([user("d")], model="claude-opus-4-6"),
    ):
        assert refused.status_code == 429
        error = refused.json()["error"]
        assert error["type"] == "rate_limit_error"
        assert "5-hour window is used up" in error["message"]
        assert "paid extra usage" in error["message"]
        assert "CLAUDE_PROXY_NO_EXTRA_USAGE=1" in error["message"]
        assert "UTC" in error["message"]
        assert refused.headers["retry-after"] == "3600"
        assert refused.headers["x-should-retry"] == "false"
        assert unified(refused.headers)["overage-in-use"] == "true"
    with (
        anthropic.Anthropic(base_url=str(http.base_url), api_key="dummy") as sdk,
        pytest.raises(anthropic.RateLimitError, match="CLAUDE_PROXY_NO_EXTRA_USAGE"),
    ):
        sdk.messages.create(
            model="claude-opus-4-6", max_tokens=10, messages=[{"role": "user", "content": "e"}]
        )
    chat = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "e"}]}
    assert http.post("/v1/chat/completions", json=chat).headers["retry-after"] == "3600"
    assert len(api.exchanges) == calls
    assert http.get("/health").json()["sessions"]["parked"] == 1

    clock.now = RESET + 1
    api.reply(Reply((YES,), headers=WITHIN))
    client.say(user(result(call, "r")))
    other.say(user("c"))
    assert client.ways == ["start", "answer"]
    assert other.ways == ["start", "resume"]
    assert limits(http)["refusing"] == []


def test_without_the_setting_nothing_is_refused(api: ScriptedApi, login: Login) -> None:
    http = login()
    client = Client(http)
    api.reply(Reply((YES,), headers=ON_EXTRA_USAGE))
    client.say(user("a"))
    assert until_known(http, "rejected")["refusing"] == []

    client.say(user("b"))
    assert len(api.exchanges) == 2


def test_a_turn_of_internal_mode_ends_before_its_next_model_call(
    api: ScriptedApi, login: Login, tmp_path: Path
) -> None:
    """The CLI says so before it lets the tools run."""
    (tmp_path / "work").mkdir()
    http = login(no_extra_usage=True, passthrough=False, workdir=tmp_path / "work")
    a, b = write("a.txt"), write("b.txt")
    api.reply(Reply((a,), headers=WITHIN), Reply((b,), headers=ON_EXTRA_USAGE))
    got = stream(http, [user("a")])

    assert got[-1]["type"] == "error"
    assert got[-1]["error"]["type"] == "rate_limit_error"
    assert "paid extra usage" in got[-1]["error"]["message"]
    assert len(api.exchanges) == 2
    wait_until(lambda: sum(http.get("/health").json()["sessions"].values()) == 0)
    assert len(api.exchanges) == 2
    assert [file.name for file in (tmp_path / "work").iterdir()] == ["a.txt"]


def write(name: str) -> Json:
    return {"type": "tool_use", "name": "write", "input": {"file_path": name, "content": "text"}}


def test_the_last_answer_of_a_turn_is_not_taken_back(api: ScriptedApi, login: Login, tmp_path: Path) -> None:
    http = login(no_extra_usage=True, passthrough=False, workdir=tmp_path)
    api.reply(Reply((YES,), headers=ON_EXTRA_USAGE))

    assert Client(http).say(user("a"))["content"] == [YES]
    assert Client(http).post([user("b")]).status_code == 429
