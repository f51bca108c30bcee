"""What dies, and that the conversation goes on: processes, the proxy itself, what never starts."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import request, result, seen, sent, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import cli_processes, kill, wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def client(proxy: IsolatedProxy) -> Client:
    """A conversation with the test's own proxy."""
    return proxy.client()


def kill_the_only_one(proxy: IsolatedProxy) -> None:
    (process,) = proxy.processes
    kill(process)


def test_a_process_killed_while_parked_is_replaced(
    api: ScriptedApi, client: Client, proxy: IsolatedProxy
) -> None:
    client.say(user("hello"))
    first, second = calls_of(client.say(user('CALL read {"path": "a"}\nCALL read {"path": "b"}')))
    kill_the_only_one(proxy)
    client.say(user(result(first, "one"), result(second, "two")))

    assert client.ways == ["start", "resume", "start"]
    assert len(api.exchanges) == 3
    assert seen(api.last) == sent(client.messages[:-1])


def test_a_process_killed_while_idle_is_replaced(
    api: ScriptedApi, client: Client, proxy: IsolatedProxy
) -> None:
    client.say(user("one"))
    kill_the_only_one(proxy)
    client.say(user("two"))

    assert client.ways == ["start", "start"]
    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(client.messages[:-1])


def test_a_process_killed_before_its_first_event_is_replaced(
    api: ScriptedApi, client: Client, proxy: IsolatedProxy
) -> None:
    client.say(user("one"))
    messages = [*client.messages, user("two")]
    with ThreadPoolExecutor() as other_thread, api.held():
        waiting = other_thread.submit(client.post, messages)
        api.wait_for(2)
        kill_the_only_one(proxy)
        api.wait_for(3)
    response = waiting.result(timeout=WAIT_SECONDS)

    assert response.status_code == 200
    assert response.headers["x-towpath-way"] == "start"
    assert response.headers["x-towpath-reason"].startswith("resume failed")
    assert seen(api.last) == sent(messages)


def test_a_restarted_proxy_takes_the_results_of_calls_it_never_saw(
    api: ScriptedApi, own_settings: Settings
) -> None:
    with isolated_proxy(own_settings) as proxy:
        client = proxy.client()
        (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    assert cli_processes(own_settings.state_dir) == []
    with isolated_proxy(own_settings) as proxy:
        client._http = proxy.http
        client.say(user(result(call, "one"), "and more"))

    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])


def test_ctrl_c_ends_the_server_and_its_processes(api: ScriptedApi, own_settings: Settings) -> None:
    with towpath_process(own_settings) as (proxy, url):
        with httpx.Client(base_url=url, timeout=60) as http:
            Client(http).say(user('CALL read {"path": "a"}'))
        proxy.send_signal(signal.SIGINT)
        code = proxy.wait(WAIT_SECONDS)

    assert code in (0, 130, -signal.SIGINT)
    assert cli_processes(own_settings.state_dir) == []
    assert list((own_settings.state_dir / "run").iterdir()) == []


def test_ending_parked_processes_asks_no_model(api: ScriptedApi, own_settings: Settings) -> None:
    """A CLI takes the end of its parked calls for results, if it lives to see it."""
    small = own_settings.model_copy(update={"memory_budget_mb": 0})
    with isolated_proxy(small) as proxy:
        for _ in range(4):
            proxy.client().say(user('CALL read {"path": "a"}'))

    assert len(api.exchanges) == 4
    assert cli_processes(own_settings.state_dir) == []


def test_a_process_that_cannot_start_is_a_plain_error(own_settings: Settings, tmp_path: Path) -> None:
    gone = own_settings.model_copy(update={"workdir": tmp_path / "gone"})
    with isolated_proxy(gone) as proxy:
        refused = proxy.http.post("/v1/messages", json=request([user("hello")]))
        (tmp_path / "gone").mkdir()
        accepted = proxy.http.post("/v1/messages", json=request([user("hello")]))

    assert refused.status_code == 500
    assert refused.json()["error"]["type"] == "api_error"
    assert "Working directory does not exist" in refused.json()["error"]["message"]
    assert accepted.status_code == 200


def test_a_folder_that_cannot_be_written_is_a_plain_error(own_settings: Settings, api: ScriptedApi) -> None:
    with isolated_proxy(own_settings) as proxy:
        wait_until(lambda: proxy.http.get("/health").json()["status"] != "starting")  # it has asked its CLI
        (folder,) = (own_settings.state_dir / "run").iterdir()
        folder.rmdir()
        folder.write_text("a file in its place")
        refused = proxy.http.post("/v1/messages", json=request([user("hello")]))
        folder.unlink()
        accepted = proxy.http.post("/v1/messages", json=request([user("hello")]))

    assert refused.status_code == 500
    assert "cannot write the files" in refused.json()["error"]["message"]
    assert accepted.status_code == 200


def test_a_process_that_does_not_start_in_time_is_a_plain_error(own_settings: Settings) -> None:
    hasty = own_settings.model_copy(update={"start_timeout_seconds": 0.1})
    with isolated_proxy(hasty) as proxy:
        response = proxy.http.post("/v1/messages", json=request([user("hello")]))

    assert response.status_code == 500
    assert "did not start within 0.1 s" in response.json()["error"]["message"]
    assert cli_processes(own_settings.state_dir) == []


@pytest.mark.parametrize("command", [["serve"], ["demo", "--once"]])
def test_a_port_that_is_taken_is_said_in_words(proxy_url: str, command: list[str]) -> None:
    program, port = Path(sys.executable).with_name("towpath"), proxy_url.rpartition(":")[2]
    ended = subprocess.run([program, *command, "--port", port], capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_login_the_error_says_how_to_log_in(own_settings: Settings) -> None:
    nobody = own_settings.model_copy(update={"upstream_api_key": None})
    with isolated_proxy(nobody) as proxy:
        response = proxy.http.post("/v1/messages", json=request([user("hello")]))

    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert "auth login" in response.json()["error"]["message"]


def test_nothing_is_written_into_the_users_sessions(client: Client, home: Path) -> None:
    before = set(home.glob(".claude/projects/**/*"))
    client.say(user("hello"))
    client.say(user('CALL read {"path": "a"}'))

    assert set(home.glob(".claude/projects/**/*")) == before
