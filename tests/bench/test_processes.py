"""Starting and ending the processes of a run, with programs of a line in place of the proxy."""

import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.bench.processes import StartError, end, proxy_environment, scripted_api
from towpath.bench.resources import own_use_of, usage_of

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "SAY hello"}]}
# A leader that has a child; both sleep. The child says that it is there.
_FAMILY = """
import subprocess, sys, time
child = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
subprocess.Popen(child)
time.sleep(600)
"""

pytestmark = pytest.mark.slow


def started(code: str) -> subprocess.Popen[str]:
    """A leader of a process session, when it has said its first line."""
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline()
    return process


def test_the_api_counts_calls_by_the_path_below_which_they_came() -> None:
    with scripted_api(0) as api, httpx.Client(base_url=api.url, timeout=WAIT_SECONDS) as http:
        assert api.calls() == {}
        for path in ("/direct/v1/messages", "/a/b/v1/messages", "/v1/messages", "/direct/v1/messages"):
            assert http.post(path, json=BODY).json()["content"][0]["text"] == "hello"
        http.post("/direct/v1/messages/count_tokens", json=BODY)
        assert http.get("/direct/v1/messages").status_code == 404
        assert http.get("/direct/v1/models").status_code == 200

        assert api.calls() == {"direct": 2, "a/b": 1, "": 1}


def test_the_api_ends_when_its_input_does() -> None:
    command = [sys.executable, "-m", "towpath.bench.api", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.stdin.close()

        assert process.wait(WAIT_SECONDS) == 0


def test_a_port_that_is_taken_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        scripted_api(0) as api,
        pytest.raises(StartError, match="scripted API"),
        scripted_api(int(api.url.rpartition(":")[2])),
    ):
        pass

    assert "cannot listen on port" in capfd.readouterr().err


def test_an_api_that_died_has_counted_nothing() -> None:
    with scripted_api(0) as api:
        for child in psutil.Process().children():
            if "towpath.bench.api" in child.cmdline():
                child.kill()
                child.wait()

        assert api.calls() == {}


def test_what_outlives_the_leader_is_found_and_ended() -> None:
    with started(_FAMILY) as process:
        child = psutil.Process(process.pid).children()[0]

        assert end(process, rest_seconds=0.1) == 1
        _, alive = psutil.wait_procs([child], timeout=30)
        assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_a_leader_that_ends_with_all_its_own_leaves_nothing() -> None:
    with started("import time; print('here', flush=True); time.sleep(600)") as process:
        assert end(process) == 0


def test_a_leader_that_does_not_end_is_killed() -> None:
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
    )
    with started(deaf) as process:
        assert end(process, within_seconds=0.1) == 1
        assert process.wait(WAIT_SECONDS) == -9


def test_usage_counts_the_processes_below_and_the_memory_of_all() -> None:
    with started(_FAMILY) as process:
        leader = psutil.Process(process.pid)
        usage, own = usage_of(leader), own_use_of(leader)
        end(process, rest_seconds=0.1)

    assert usage
    assert own
    assert usage.processes == 1
    assert usage.memory_mb > own.rss_mb > 0
    assert usage_of(leader) is None
    assert own_use_of(leader) is None


def test_the_proxy_gets_the_callers_environment_without_accounts_and_locks() -> None:
    own = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "ANTHROPIC_API_KEY": "mine",
        "CLAUDE_CODE_USE_BEDROCK": "1",
        "CLAUDE_PROXY_API_KEY": "key",
        "CLAUDE_PROXY_HOST": "0.0.0.0",  # noqa: S104 - only named, never bound
        "CLAUDE_PROXY_PORT": "3456",
        "CLAUDE_PROXY_MAX_SESSIONS": "3",
    }

    assert proxy_environment(own, Path("/tmp/x"), "http://127.0.0.1:1/towpath") == {
        "PATH": "/bin",
        "HOME": "/tmp/x",
        "CLAUDE_PROXY_MAX_SESSIONS": "3",
        "CLAUDE_PROXY_STATE_DIR": "/tmp/x/state",
        "CLAUDE_PROXY_UPSTREAM_BASE_URL": "http://127.0.0.1:1/towpath",
        "CLAUDE_PROXY_UPSTREAM_API_KEY": "dummy",
        "CLAUDE_PROXY_PORT": "0",
        "CLAUDE_PROXY_LOG_LEVEL": "error",
    }
