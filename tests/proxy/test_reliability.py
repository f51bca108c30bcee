"""Processes that are killed with -9, the CLI's and the proxy's own: rows of docs/reliability.md."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen

import httpx
import psutil
import pytest

from tests.support.fidelity import request, result, seen, sent, text, user
from tests.support.processes import cli_processes, kill, wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from tests.support.stand import Stand, at, events, stand
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

ENDS_WITHIN_SECONDS = 3
SLOW = Reply((text("x" * 4000),), chunk_chars=10, pause_seconds=0.05)


@pytest.fixture
def own_settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"state_dir": tmp_path / "state"})


@pytest.fixture(autouse=True)
def no_spares(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a proxy in a process of its own: they would be started beside what is tested."""
    monkeypatch.setenv(Settings.env_name("spares"), "0")


@pytest.fixture
def own(own_settings: Settings, api: ScriptedApi) -> Iterator[Stand]:
    with stand(own_settings) as own:
        yield own


def test_a_cli_killed_while_it_starts_is_replaced(api: ScriptedApi, own: Stand) -> None:
    messages = [user("hello")]
    with ThreadPoolExecutor() as other_thread:
        waiting = other_thread.submit(own.client().post, messages)
        wait_until(lambda: own.processes != [])
        kill(own.processes[0])
        response = waiting.result(timeout=WAIT_SECONDS)

    assert response.status_code == 200
    assert response.headers["x-towpath-reason"].startswith("start failed: the Claude CLI")
    assert [seen(exchange.body) for exchange in api.exchanges] == [sent(messages)]
    own.assert_all_is_well()


def test_a_cli_killed_in_mid_stream_ends_the_stream_with_an_error(api: ScriptedApi, own: Stand) -> None:
    client = own.client()
    client.say(user("hello"))
    api.reply(SLOW)
    with own.http.stream("POST", "/v1/messages", json=asking(client, "go on")) as response:
        got = events(response)
        assert next(got)["type"] == "message_start"
        kill(own.processes[0])
        last = list(got)[-1]
    client.say(user("again"))

    assert last["type"] == "error"
    assert last["error"]["type"] == "api_error"
    assert "the answer broke off" in last["error"]["message"]
    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])
    own.assert_all_is_well()


def test_a_cli_killed_while_parked_or_idle_leaves_nothing(api: ScriptedApi, own: Stand) -> None:
    """How the conversation goes on is told in test_faults.py."""
    own.client().say(user("hello"))
    own.client().say(user('CALL read {"path": "a"}'))
    for process in own.processes:
        kill(process)

    wait_until(lambda: sum(own.sessions.values()) == 0)
    own.assert_all_is_well()


@contextmanager
def starting(client: Client, own: Stand, api: ScriptedApi) -> Iterator[None]:
    count = len(own.processes)
    with in_vain(client, [user("something new")]):
        wait_until(lambda: len(own.processes) > count)
        yield


@contextmanager
def before_the_first_byte(client: Client, own: Stand, api: ScriptedApi) -> Iterator[None]:
    with in_vain(client, [*client.messages, user("go on")]), api.held():
        api.wait_for(2)
        yield


@contextmanager
def in_mid_stream(client: Client, own: Stand, api: ScriptedApi) -> Iterator[None]:
    api.reply(SLOW)
    with own.http.stream("POST", "/v1/messages", json=asking(client, "go on")) as response:
        got = events(response)
        next(got)
        yield
        with pytest.raises(httpx.TransportError):
            list(got)


@contextmanager
def parked(client: Client, own: Stand, api: ScriptedApi) -> Iterator[None]:
    client.say(user('CALL read {"path": "a"}'))
    yield


@contextmanager
def idle(client: Client, own: Stand, api: ScriptedApi) -> Iterator[None]:
    yield


@contextmanager
def in_vain(client: Client, messages: list[dict[str, object]]) -> Iterator[None]:
    """Meanwhile somebody asks, and sees his connection closed."""
    with ThreadPoolExecutor() as other_thread:
        asking = other_thread.submit(client.post, messages)
        yield
        assert isinstance(asking.exception(timeout=WAIT_SECONDS), httpx.TransportError)


@pytest.mark.parametrize("phase", [starting, before_the_first_byte, in_mid_stream, parked, idle])
def test_a_killed_proxy_leaves_nothing_and_its_client_goes_on(
    api: ScriptedApi, own_settings: Settings, phase: object
) -> None:
    with ExitStack() as first:
        proxy, url = first.enter_context(towpath_process(own_settings))
        own = first.enter_context(at(url, own_settings))
        client = own.client()
        client.say(user("hello"))
        with phase(client, own, api):  # type: ignore[operator]
            assert own.processes
            kill_and_wait(proxy)
            wait_until(lambda: not own.processes, ENDS_WITHIN_SECONDS)
    with towpath_process(own_settings) as (_, url), at(url, own_settings) as own:
        client._http = own.http
        calls = calls_of(client.messages[-1])
        client.say(user(*(result(call, "done") for call in calls) if calls else ["and now"]))

        assert client.ways[-1] == "start"
        assert seen(api.last) == sent(client.messages[:-1])
        own.assert_all_is_well()


def test_a_cli_that_was_stopped_ends_when_the_next_proxy_starts(
    api: ScriptedApi, own_settings: Settings
) -> None:
    """It takes no signal but SIGKILL, so nothing that the dead proxy has arranged ends it."""
    with towpath_process(own_settings) as (proxy, url), at(url, own_settings) as own:
        own.client().say(user("hello"))
        (process,) = own.processes
        process.send_signal(signal.SIGSTOP)
        kill_and_wait(proxy)
    assert cli_processes(own_settings.state_dir) != []
    try:
        with towpath_process(own_settings) as (_, url), at(url, own_settings) as own:
            own.assert_all_is_well()
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def kill_and_wait(proxy: Popen[str]) -> None:
    proxy.send_signal(signal.SIGKILL)
    proxy.wait(WAIT_SECONDS)


def asking(client: Client, words: str) -> dict[str, object]:
    """The body of a streamed request."""
    return request([*client.messages, user(words)], stream=True, **client.fields)
