"""The server as a program: its port, its end, and the supervisor in front of the real one."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.fidelity import request, user
from tests.support.processes import cli_processes, wait_until
from tests.support.program import towpath_process
from tests.support.strangers import strangers_folder
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

SLOW = Reply(({"type": "text", "text": "a long answer " * 20},), pause_seconds=0.05)


@pytest.mark.slow
def test_who_holds_the_port_is_named_and_both_ways_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "towpath", "serve", "--port", str(port)], capture_output=True, text=True
        )

    own = psutil.Process()
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert f"Stop {own.name()} (process {own.pid}), or choose another port with --port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "flags"),
    [("0.0.0.0", []), ("::", ["--internal"]), ("192.0.2.1", ["--supervise"])],  # noqa: S104 - refused first
)
def test_another_address_without_a_key_is_refused(host: str, flags: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "towpath", "serve", "--host", host, "--port", "0", *flags],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert f"{host} can be reached from other machines. Set CLAUDE_PROXY_API_KEY" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--supervise"]])
def test_a_state_folder_of_another_user_is_refused_once(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "state").symlink_to(strangers_folder(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "towpath", "serve", "--port=0", f"--state-dir={tmp_path / 'state'}", *flags],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"{tmp_path / 'state'} belongs to another user")
    assert "Set CLAUDE_PROXY_STATE_DIR" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.cli
def test_a_server_that_stops_finishes_what_runs_and_takes_no_more(
    settings: Settings, api: ScriptedApi, tmp_path: Path
) -> None:
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    api.reply(SLOW)
    with towpath_process(own) as (process, url):
        events = []
        with httpx.stream(
            "POST", f"{url}/v1/messages", json=request([user("a")], stream=True), timeout=60
        ) as r:
            lines = r.iter_lines()
            events.append(next(lines))
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: _is_closed(url))
            events += list(lines)
        assert process.wait(WAIT_SECONDS) is not None
        wait_until(lambda: not cli_processes(own.state_dir))

    assert any("message_stop" in line for line in events)


@pytest.mark.cli
def test_a_second_signal_ends_it_at_once(settings: Settings, api: ScriptedApi, tmp_path: Path) -> None:
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    patient = ["serve", "--stop-timeout-seconds", "3600"]
    with towpath_process(own, arguments=patient) as (process, url), api.held():
        asking = threading.Thread(target=_ask, args=(url,))
        asking.start()
        api.wait_for(1)
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: _is_closed(url))
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_SECONDS)
        asking.join()
        wait_until(lambda: not cli_processes(own.state_dir))


@pytest.mark.cli
def test_a_supervised_server_that_is_killed_loses_nothing(
    settings: Settings, api: ScriptedApi, tmp_path: Path
) -> None:
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    with towpath_process(own, arguments=["serve", "--supervise"]) as (process, url):
        with httpx.Client(base_url=url, timeout=60) as http:
            messages = [user("a")]
            first = http.post("/v1/messages", json=request(messages))
            wait_until(lambda: bool(_server_of(process.pid)))
            _server_of(process.pid)[0].kill()
        messages += [{"role": "assistant", "content": first.json()["content"]}, user("b")]
        with httpx.Client(base_url=url, timeout=60) as http:
            second = http.post("/v1/messages", json=request(messages))
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["x-towpath-way"] == "start"
    assert second.json()["content"][0]["text"] == "You said: b"
    wait_until(lambda: not cli_processes(own.state_dir))


def _server_of(supervisor: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(supervisor).children() if "serve" in p.cmdline()]


def _is_closed(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", timeout=5)
    except httpx.TransportError:
        return True
    return False


def _ask(url: str) -> None:
    with contextlib.suppress(httpx.TransportError):
        httpx.post(f"{url}/v1/messages", json=request([user("a")]), timeout=60)
