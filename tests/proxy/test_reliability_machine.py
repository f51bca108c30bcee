"""What the machine runs out of, a clock that is set, and a signal under load. Rows of docs/reliability.md."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import httpx
import psutil
import pytest

from tests.support.fidelity import Json, result, seen, sent, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy, proxy_at
from tests.support.limits import full, no_more_files, no_more_processes, small_disk
from tests.support.processes import cli_processes, wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

DAY_SECONDS = 24 * 60 * 60


@pytest.fixture(autouse=True)
def no_spares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that tests start keep no spares."""
    monkeypatch.setenv(Settings.env_name("spares"), "0")


@pytest.fixture
def program(own_settings: Settings, api: ScriptedApi) -> Iterator[tuple[psutil.Process, IsolatedProxy]]:
    """A proxy in a process of its own."""
    with towpath_process(own_settings) as (process, url), proxy_at(url, own_settings) as proxy:
        yield psutil.Process(process.pid), proxy


def test_a_full_disk(api: ScriptedApi, own_settings: Settings) -> None:
    with small_disk(own_settings.state_dir, size_kb=4096), isolated_proxy(own_settings) as proxy:
        idle, parked = proxy.client(), proxy.client()
        idle.say(user("hello"))
        (call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
        with full(own_settings.state_dir):
            refused = proxy.client().post([user("hello")])
            idle.say(user("and now"))
            parked.say(user(result(call, "done")))

            assert refused.status_code == 500
            assert "No space left" in refused.json()["error"]["message"]
            assert [idle.ways[-1], parked.ways[-1]] == ["resume", "answer"]
        idle.say(user("and again"))

        assert seen(api.last) == sent(idle.messages[:-1])
        proxy.assert_all_is_well()


@pytest.mark.parametrize("limit", [no_more_files, no_more_processes])
def test_a_process_that_cannot_be_started(
    api: ScriptedApi,
    program: tuple[psutil.Process, IsolatedProxy],
    limit: Callable[[psutil.Process], AbstractContextManager[None]],
) -> None:
    process, proxy = program
    idle, parked = proxy.client(), proxy.client()
    idle.say(user("hello"))
    (call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
    # Python reads some of its modules when they are first needed, which takes a file.
    (call,) = calls_of(parked.say(user(result(call, 'CALL read {"path": "a"}'), 'CALL read {"path": "b"}')))
    with limit(process):
        refused = proxy.client().post([user("hello")])
        parked.say(user(result(call, "done")))
        idle.say(user("and now"))

    assert refused.status_code == 500
    assert refused.json()["error"]["type"] == "api_error"
    assert [idle.ways[-1], parked.ways[-1]] == ["resume", "answer"]
    proxy.assert_all_is_well()


def test_a_connection_that_cannot_be_accepted(
    api: ScriptedApi, program: tuple[psutil.Process, IsolatedProxy]
) -> None:
    process, proxy = program
    proxy.client().say(user("hello"))
    with no_more_files(process), pytest.raises(httpx.TransportError):
        httpx.get(f"{proxy.http.base_url}/health", timeout=1)

    assert httpx.get(f"{proxy.http.base_url}/health", timeout=10).status_code == 200
    proxy.assert_all_is_well()


@pytest.mark.parametrize("jump_seconds", [DAY_SECONDS, -DAY_SECONDS], ids=["forwards", "backwards"])
def test_a_clock_that_is_set(
    api: ScriptedApi, own_settings: Settings, jump_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time = time.time
    with isolated_proxy(own_settings) as proxy:
        idle, parked = proxy.client(), proxy.client()
        idle.say(user("hello"))
        (call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
        monkeypatch.setattr(time, "time", lambda: true_time() + jump_seconds)
        proxy.assert_all_is_well()  # the pool has looked at its sessions since
        idle.say(user("and now"))
        parked.say(user(result(call, "done")))

        assert [idle.ways[-1], parked.ways[-1]] == ["resume", "answer"]
        proxy.assert_nothing_is_left()


def test_sigterm_under_load(
    api: ScriptedApi, own_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(Settings.env_name("max_concurrent"), "2")
    with towpath_process(own_settings) as (process, url), proxy_at(url, own_settings) as proxy:
        proxy.client().say(user("hello"))
        proxy.client().say(user('CALL read {"path": "a"}'))
        with ThreadPoolExecutor(4) as threads:
            with api.held():
                waiting = [threads.submit(ask, url) for _ in range(4)]
                api.wait_for(4)
                wait_until(lambda: proxy.http.get("/health").json()["waiting"] == 2)
                process.send_signal(signal.SIGTERM)
                wait_until(lambda: is_closed(url))
            replies = [reply.result(timeout=WAIT_SECONDS) for reply in waiting]
        code = process.wait(WAIT_SECONDS)

    assert code in (0, -signal.SIGTERM)
    assert [reply["content"][0]["text"] for reply in replies] == ["You said: hello"] * 4
    assert cli_processes(own_settings.state_dir) == []
    assert list((own_settings.state_dir / "run").iterdir()) == []
    with towpath_process(own_settings) as (_, url), proxy_at(url, own_settings) as proxy:
        proxy.assert_all_is_well()


def ask(url: str) -> Json:
    with httpx.Client(base_url=url, timeout=60) as http:
        return Client(http).say(user("hello"))


def is_closed(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", timeout=5)
    except httpx.TransportError:
        return True
    return False
