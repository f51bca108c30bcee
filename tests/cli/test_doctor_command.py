"""The command as it is run, with the real CLI and a real proxy."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.processes import cli_processes, kill, wait_until
from tests.support.program import towpath_process
from tests.support.redirecting import redirecting
from towpath import __version__
from towpath.cli.doctor.upstream import judge_answer, redirect_of, upstream
from towpath.settings import Settings
from towpath.testing import ScriptedApi

NAMES = [
    "Python",
    "settings",
    "Claude CLI",
    "login",
    "access",
    "folders and host",
    "port",
    "upstream",
    "OpenCode",
    "OpenCode's configuration",
    "loops",
    "stale processes",
    "leftovers",
    "disk space",
    "versions",
]
CODE = "import typer; from towpath.cli.doctor.command import doctor; typer.run(doctor)"


def doctor(folder: Path, *flags: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "CLAUDE_PROXY_STATE_DIR": str(folder / "state"),
        "CLAUDE_PROXY_PORT": "0",
        "CLAUDE_PROXY_UPSTREAM_API_KEY": "dummy-secret",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-c", CODE, *flags],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def checks(ran: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    assert not ran.stderr, ran.stderr
    return {check["name"]: check for check in json.loads(ran.stdout)["checks"]}


@pytest.mark.slow
def test_help_has_an_example(tmp_path: Path) -> None:
    assert "towpath doctor" in doctor(tmp_path, "--help").stdout


@pytest.mark.slow
def test_a_bad_setting_is_named_before_anything_is_checked(tmp_path: Path) -> None:
    ran = doctor(tmp_path, CLAUDE_PROXY_SPARES="many")

    assert ran.returncode == 2
    assert "CLAUDE_PROXY_SPARES" in ran.stderr


@pytest.mark.cli
def test_a_machine_with_a_key_has_no_problem(tmp_path: Path) -> None:
    ran = doctor(tmp_path, "--json")

    document = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stdout
    assert document["ok"] is True
    assert [check["name"] for check in document["checks"]] == NAMES
    assert checks(ran)["upstream"]["status"] == "skipped"
    assert "CLAUDE_PROXY_UPSTREAM_API_KEY" in checks(ran)["login"]["detail"]
    assert "dummy-secret" not in ran.stdout
    assert not (tmp_path / "state").exists()


@pytest.mark.cli
def test_problems_are_said_with_their_remedies(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ran = doctor(
            tmp_path,
            CLAUDE_PROXY_UPSTREAM_API_KEY="",
            CLAUDE_PROXY_PORT=str(port),
            CLAUDE_PROXY_UPSTREAM_BASE_URL=f"http://localhost:{port}",
        )

    lines = ran.stdout.splitlines()
    assert ran.returncode == 1
    assert not ran.stderr
    login = next(number for number, line in enumerate(lines) if line.startswith("✗ login: "))
    assert lines[login + 1].endswith("claude auth login")
    assert f"(process {os.getpid()}) holds 127.0.0.1:{port}" in ran.stdout
    assert "✗ loops: CLAUDE_PROXY_UPSTREAM_BASE_URL" in ran.stdout
    assert "✓ versions: " in ran.stdout
    assert lines[-1].startswith("3 problems, ")


@pytest.mark.cli
def test_a_towpath_that_runs_is_fine_and_what_it_leaves_behind_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_SPARES", "0")
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", "one,other")
    settings = settings.model_copy(update={"state_dir": tmp_path / "state"})
    with towpath_process(settings) as (process, url):
        port = url.rpartition(":")[2]
        running = doctor(
            tmp_path,
            "--json",
            CLAUDE_PROXY_PORT=port,
            CLAUDE_PROXY_API_KEY="one",
            HTTP_PROXY="http://127.0.0.1:9",
        )
        body = {"model": "haiku", "max_tokens": 100, "messages": [{"role": "user", "content": "SAY hello"}]}
        key = {"x-api-key": "other"}
        httpx.post(f"{url}/v1/messages", json=body, headers=key, timeout=60).raise_for_status()
        with_process = doctor(tmp_path, "--json", CLAUDE_PROXY_PORT=port)
        [cli] = cli_processes(tmp_path / "state")
        cli.suspend()  # else it notices that its proxy is gone, and ends
        kill(psutil.Process(process.pid))
        try:
            left = doctor(tmp_path, "--json", CLAUDE_PROXY_PORT=port)
        finally:
            cli.kill()

    assert checks(running)["port"]["detail"] == f"towpath {__version__} runs at 127.0.0.1:{port}"
    assert "1 in use" in checks(with_process)["stale processes"]["detail"]
    assert checks(left)["stale processes"]["status"] == "warning"
    assert checks(left)["stale processes"]["remedy"] == f"kill {cli.pid}"
    wait_until(lambda: not cli_processes(tmp_path / "state"))


@pytest.mark.cli
def test_live_asks_the_model_once_for_one_token(api: ScriptedApi, settings: Settings, tmp_path: Path) -> None:
    ran = doctor(tmp_path, "--live", "--json", CLAUDE_PROXY_UPSTREAM_BASE_URL=str(settings.upstream_base_url))

    found = checks(ran)["upstream"]
    assert found["status"] == "ok", found
    assert len(api.exchanges) == 1
    assert api.last["max_tokens"] == 1
    assert list((tmp_path / "state" / "run").iterdir()) == []


@pytest.mark.cli
def test_live_says_what_the_upstream_says(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = Settings(
        upstream_base_url=f"http://127.0.0.1:{port}",
        upstream_api_key="dummy",  # type: ignore[arg-type]
        state_dir=tmp_path,
        api_key="clients-key,anothers-key",  # type: ignore[arg-type]
    )

    finding = upstream(settings)

    assert finding.status == "problem"
    assert finding.remedy
    assert "401" not in finding.detail  # its own client has the key


def test_an_upstream_that_sends_requests_elsewhere_is_not_asked_with_the_key(
    settings: Settings, scripted_api: tuple[ScriptedApi, str], api: ScriptedApi
) -> None:
    with redirecting(scripted_api[1]) as address:
        finding = upstream(settings.model_copy(update={"upstream_base_url": address}))

    assert finding.status == "warning"
    assert f"{address} sends requests on to {scripted_api[1]}/v1/messages" in finding.detail
    assert api.exchanges == []


def test_a_redirect_within_an_upstream_is_none_of_the_doctors_business() -> None:
    with redirecting("") as address:
        assert redirect_of(address) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "Log in"), (429, "Wait"), (529, "again"), (500, "troubleshooting"), (418, "troubleshooting")],
)
def test_an_error_of_the_api_has_a_remedy(status: int, words: str) -> None:
    body = {"type": "error", "error": {"type": "some_error", "message": "It went wrong."}}

    finding = judge_answer(status, body, {}, 0.1)

    assert finding.status == "problem"
    assert "It went wrong." in finding.detail
    assert words in finding.remedy


@pytest.mark.parametrize(("state", "words"), [("rejected", "weekly window is used up"), ("allowed", "Wait")])
def test_a_limit_of_the_plan_is_named(state: str, words: str) -> None:
    limit = "anthropic-ratelimit-unified"
    headers = {f"{limit}-status": state, f"{limit}-representative-claim": "seven_day"}

    assert words in judge_answer(429, {"error": {"message": "no"}}, headers, 0.1).remedy
