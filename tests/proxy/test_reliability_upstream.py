"""What the API does to a request: resets, silence, garbage. Rows of docs/reliability.md."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fidelity import request, text, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.relay import Relay, answer, relay_to, reset, reset_after
from tests.support.streams import streamed
from towpath.core.events import encode
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi
from towpath.testing.stream import events as events_of

pytestmark = pytest.mark.cli

# What an answer may take on a busy machine, where it is in time.
PATIENCE_SECONDS = 5.0
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"
NO_ANSWERS = (
    reset,
    answer(b""),
    answer(b"\x00\x01 garbage\r\n\r\n"),
    answer(PAGE),
    answer(STREAM + b"\x00\xff garbage\n\n"),
    answer(STREAM + b"event: message_start\ndata: {not json\n\n"),
)


@pytest.fixture(scope="module")
def relay(scripted_api: tuple[ScriptedApi, str]) -> Iterator[Relay]:
    """A line to the scripted API that can be spoiled."""
    with relay_to(scripted_api[1]) as relay:
        yield relay


@pytest.fixture(scope="module")
def own_settings(settings: Settings, relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a proxy at the end of that line."""
    own = {"state_dir": tmp_path_factory.mktemp("upstream") / "state", "upstream_base_url": relay.url}
    return settings.model_copy(update=own)


@pytest.fixture(scope="module")
def shared_proxy(own_settings: Settings) -> Iterator[IsolatedProxy]:
    """A proxy at the end of that line."""
    with isolated_proxy(own_settings) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: IsolatedProxy, api: ScriptedApi) -> IsolatedProxy:
    """The same, under the name that a test's own proxy has elsewhere."""
    return shared_proxy


@pytest.fixture
def hasty_settings(own_settings: Settings, tmp_path: Path) -> Settings:
    """The same settings with little patience."""
    limits = {"first_event_timeout_seconds": PATIENCE_SECONDS, "stall_timeout_seconds": PATIENCE_SECONDS}
    return own_settings.model_copy(update={**limits, "state_dir": tmp_path / "state"})


@pytest.fixture
def hasty(hasty_settings: Settings) -> Iterator[IsolatedProxy]:
    """A proxy that waits no longer than that for the model."""
    with isolated_proxy(hasty_settings) as hasty:
        yield hasty


def test_what_is_no_answer_is_an_error(proxy: IsolatedProxy, api: ScriptedApi, relay: Relay) -> None:
    for fault in NO_ANSWERS:
        relay.spoil(fault)
        refused = proxy.client().post([user("hello")])

        assert refused.status_code == 502
        assert refused.json()["error"]["type"] == "api_error"
        assert refused.json()["error"]["message"]
    assert relay.has_spoiled_all  # and none was asked for again
    assert api.exchanges == []
    proxy.assert_all_is_well()


def test_a_reset_in_mid_stream_ends_the_stream_with_an_error(
    proxy: IsolatedProxy, api: ScriptedApi, relay: Relay
) -> None:
    begun = events_of(Reply((text("some text"),)), message_id="msg_1", model="claude-x", body={})[:3]
    go = threading.Event()
    relay.spoil(reset_after(STREAM + b"".join(map(encode, begun)), go))
    client = proxy.client()
    got = []
    for event in streamed(proxy.http, request([user("hello")], stream=True, **client.fields)):
        got.append(event["type"])
        go.set()
    client.say(user("hello"))

    assert got[:3] == ["message_start", "content_block_start", "content_block_delta"]
    assert got[-1] == "error"
    assert "message_stop" not in got
    assert len(api.exchanges) == 1
    proxy.assert_nothing_is_left()


@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "stream"])
def test_silence_before_the_first_event_is_a_timeout(
    hasty: IsolatedProxy, api: ScriptedApi, is_streamed: bool
) -> None:
    client = hasty.client()
    with api.held():
        refused = client.post([user("hello")], stream=is_streamed)
    client.say(user("hello"))

    assert refused.status_code == 504
    assert refused.json()["error"]["type"] == "timeout_error"
    assert f"no answer began within {PATIENCE_SECONDS:g} s" in refused.json()["error"]["message"]
    assert len(api.exchanges) == 2  # the model may have worked: it is not asked twice
    hasty.assert_nothing_is_left()


def test_silence_in_mid_stream_ends_the_stream_with_an_error(hasty: IsolatedProxy, api: ScriptedApi) -> None:
    api.reply(Reply((text("some text"),), pause_seconds=PATIENCE_SECONDS * 20))
    client = hasty.client()
    *_, last = streamed(hasty.http, request([user("hello")], stream=True, **client.fields))
    client.say(user("hello"))

    assert last["type"] == "error"
    assert last["error"]["type"] == "timeout_error"
    assert f"nothing came for {PATIENCE_SECONDS:g} s" in last["error"]["message"]
    assert len(api.exchanges) == 2
    hasty.assert_nothing_is_left()


def test_parked_time_is_no_silence(hasty: IsolatedProxy) -> None:
    client = hasty.client()
    client.say(user('CALL read {"path": "a"}'))
    time.sleep(PATIENCE_SECONDS * 1.5)  # nothing happens that could be waited for
    assert hasty.sessions["parked"] == 1
    hasty.assert_all_is_well()


def test_a_tool_that_runs_is_no_silence(hasty_settings: Settings) -> None:
    """What a command knows of its process is how it is found when the proxy has died."""
    internal = hasty_settings.model_copy(update={"passthrough": False, "allow_bash": True})
    command = f"sleep {PATIENCE_SECONDS * 1.5}; echo $TOWPATH_PROCESS"
    with isolated_proxy(internal) as proxy:
        reply = proxy.client().say(user(f'CALL bash {{"command": "{command}"}}'))
        proxy.assert_all_is_well()

    assert f"Results: {internal.state_dir}/run/" in reply["content"][-1]["text"]


def test_a_limit_of_the_plan_says_when_to_come_again(
    own_settings: Settings, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a limit of an API key the CLI tells nobody the time."""
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
    limited = {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-reset": str(int(time.time()) + 3600),
    }
    api.reply(Failure(429, "rate_limit_error", "too much", headers=limited))
    plan = {"upstream_api_key": None, "state_dir": tmp_path / "state"}
    with isolated_proxy(own_settings.model_copy(update=plan)) as proxy:
        refused = proxy.client().post([user("hello")])
        proxy.assert_all_is_well()

    assert refused.status_code == 429
    assert refused.json()["error"]["type"] == "rate_limit_error"
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
