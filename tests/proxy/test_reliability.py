"""Processes that are killed with -9, the CLI's and the proxy's own: rows of docs/reliability.md."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from subprocess import Popen

import httpx
import psutil
import pytest

from tests.support.fidelity import request, result, seen, sent, text, user
from tests.support.isolated_proxy import IsolatedProxy, proxy_at
from tests.support.processes import cli_processes, kill, wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from tests.support.streams import events
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

# Long before their time would be up: they end because the proxy has.
ENDS_WITHIN_SECONDS = 15
SLOW = Reply((text("x" * 4000),), chunk_chars=10, pause_seconds=0.05)


@pytest.fixture(autouse=True)
def no_spares(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a proxy in a process of its own: they would be started beside what is tested."""
    monkeypatch.setenv(Settings.env_name("spares"), "0")


def test_a_cli_killed_while_it_starts_is_replaced(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    messages = [user("hello")]
    with ThreadPoolExecutor() as other_thread:
        waiting = other_thread.submit(proxy.client().post, messages)
        wait_until(lambda: proxy.processes != [])
        kill(proxy.processes[0])
        response = waiting.result(timeout=WAIT_SECONDS)

    assert response.status_code == 200
    assert response.headers["x-towpath-reason"].startswith("start failed: the Claude CLI")
    assert [seen(exchange.body) for exchange in api.exchanges] == [sent(messages)]
    proxy.assert_nothing_is_left()


def test_a_cli_killed_in_mid_stream_ends_the_stream_with_an_error(
    api: ScriptedApi, proxy: IsolatedProxy
) -> None:
    client = proxy.client()
    client.say(user("hello"))
    api.reply(SLOW)
    with proxy.http.stream("POST", "/v1/messages", json=asking(client, "go on")) as response:
        got = events(response)
        assert next(got)["type"] == "message_start"
        kill(proxy.processes[0])
        last = list(got)[-1]
    client.say(user("again"))

    assert last["type"] == "error"
    assert last["error"]["type"] == "api_error"
    assert "the answer broke off" in last["error"]["message"]
    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])
    proxy.assert_nothing_is_left()


def test_a_cli_killed_while_parked_or_idle_leaves_nothing(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    """How the conversation goes on is told in test_faults.py."""
    proxy.client().say(user("hello"))
    proxy.client().say(user('CALL read {"path": "a"}'))
    for process in proxy.processes:
        kill(process)

    wait_until(lambda: sum(proxy.sessions.values()) == 0)
    proxy.assert_all_is_well()


@contextmanager
def starting(client: Client, proxy: IsolatedProxy, api: ScriptedApi) -> Iterator[None]:
    count = len(proxy.processes)
    with in_vain(client, [user("something new")]):
        wait_until(lambda: len(proxy.processes) > count)
        yield


@contextmanager
def before_the_first_byte(client: Client, proxy: IsolatedProxy, api: ScriptedApi) -> Iterator[None]:
    with in_vain(client, [*client.messages, user("go on")]), api.held():
        api.wait_for(1)
        yield


@contextmanager
def in_mid_stream(client: Client, proxy: IsolatedProxy, api: ScriptedApi) -> Iterator[None]:
    api.reply(SLOW)
    with proxy.http.stream("POST", "/v1/messages", json=asking(client, "go on")) as response:
        got = events(response)
        next(got)
        yield
        with pytest.raises(httpx.TransportError):
            list(got)


@contextmanager
def parked(client: Client, proxy: IsolatedProxy, api: ScriptedApi) -> Iterator[None]:
    client.say(user('CALL read {"path": "a"}'))
    yield


@contextmanager
def idle(client: Client, proxy: IsolatedProxy, api: ScriptedApi) -> Iterator[None]:
    yield


@contextmanager
def in_vain(client: Client, messages: list[dict[str, object]]) -> Iterator[None]:
    """Meanwhile somebody asks, and sees his connection closed."""
    with ThreadPoolExecutor() as other_thread:
        asking = other_thread.submit(client.post, messages)
        yield
        assert isinstance(asking.exception(timeout=WAIT_SECONDS), httpx.TransportError)


PHASES = (starting, before_the_first_byte, in_mid_stream, parked, idle)


@pytest.mark.long
@pytest.mark.timeout(600)  # six programs
def test_a_killed_proxy_leaves_nothing_and_its_client_goes_on(
    api: ScriptedApi, own_settings: Settings
) -> None:
    """One after another: the proxy that a client goes on with is the next one to be killed."""
    with ExitStack() as running:
        program, proxy = running.enter_context(started(own_settings))
        client = proxy.client()
        for phase in PHASES:
            client.say(user("hello"))
            api.clear()
            with phase(client, proxy, api):
                assert proxy.processes
                kill_and_wait(program)
                wait_until(lambda: not cli_processes(own_settings.state_dir), ENDS_WITHIN_SECONDS)
            running.close()
            program, proxy = running.enter_context(started(own_settings))
            client._http = proxy.http
            calls = calls_of(client.messages[-1])
            client.say(user(*(result(call, "done") for call in calls) if calls else ["and now"]))

            assert client.ways[-1] == "start", phase
            assert seen(api.last) == sent(client.messages[:-1]), phase
            proxy.assert_nothing_is_left()


@contextmanager
def started(settings: Settings) -> Iterator[tuple[Popen[str], IsolatedProxy]]:
    """The program, and where it answers."""
    with towpath_process(settings) as (program, url), proxy_at(url, settings) as proxy:
        yield program, proxy


def test_a_cli_that_was_stopped_ends_when_the_next_proxy_starts(
    api: ScriptedApi, own_settings: Settings
) -> None:
    """It takes no signal but SIGKILL, so nothing that the dead proxy has arranged ends it."""
    with towpath_process(own_settings) as (program, url), proxy_at(url, own_settings) as proxy:
        proxy.client().say(user("hello"))
        (process,) = proxy.processes
        process.send_signal(signal.SIGSTOP)
        kill_and_wait(program)
    assert cli_processes(own_settings.state_dir) != []
    try:
        with towpath_process(own_settings) as (_, url), proxy_at(url, own_settings) as proxy:
            proxy.assert_all_is_well()
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def kill_and_wait(program: Popen[str]) -> None:
    program.send_signal(signal.SIGKILL)
    program.wait(WAIT_SECONDS)


def asking(client: Client, words: str) -> dict[str, object]:
    """The body of a streamed request."""
    return request([*client.messages, user(words)], stream=True, **client.fields)
