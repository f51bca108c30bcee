"""The launcher of launchd and the Task Scheduler, as they start it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.support.processes import wait_until
from tests.support.waiting import WAIT_SECONDS
from towpath import __version__


def started(*arguments: "str | Path") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "towpath.cli.service.start", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "CLAUDE_PROXY_LOG_LEVEL": "error"},
    )


@pytest.mark.cli
def test_it_serves_with_the_settings_of_the_files_and_writes_its_log(tmp_path: Path) -> None:
    settings, secrets, log = tmp_path / "a b.env", tmp_path / "secrets.env", tmp_path / "logs" / "a b.log"
    settings.write_text(
        f"# Written by a test\nCLAUDE_PROXY_PORT=0\nCLAUDE_PROXY_API_KEY=first\n"
        f"CLAUDE_PROXY_STATE_DIR='{tmp_path / 'the state'}'\n"
    )
    secrets.write_text("CLAUDE_PROXY_API_KEY=second\n")

    process = started("--log", log, settings, secrets, tmp_path / "missing.env")
    try:
        wait_until(lambda: log.is_file() and "http://" in log.read_text())
        url = log.read_text().partition(" at ")[2].split()[0]
        with httpx.Client(base_url=url, trust_env=False, timeout=WAIT_SECONDS) as client:
            wait_until(lambda: _version_at(client) == __version__)
            refused = client.post("/v1/messages", json={}, headers={"x-api-key": "first"})
            let_in = client.post("/v1/messages", json={}, headers={"x-api-key": "second"})
        assert (tmp_path / "the state" / "run").is_dir()
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=WAIT_SECONDS)

    assert (refused.status_code, let_in.status_code) == (401, 400)
    assert output == ""


@pytest.mark.slow
def test_a_file_that_is_none_ends_it_without_showing_it(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.env"
    secrets.write_text("KEY=hush more hush")

    process = started(secrets)
    output, _ = process.communicate(timeout=WAIT_SECONDS)

    assert process.returncode
    assert "NAME=value" in output
    assert "hush" not in output


def _version_at(client: httpx.Client) -> str | None:
    try:
        return str(client.get("/health", headers={"x-api-key": "second"}).json()["version"])
    except httpx.HTTPError:
        time.sleep(0.05)
        return None
