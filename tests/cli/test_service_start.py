"""The launcher of launchd, as that starts it."""

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


def started(log: Path, *files: Path) -> "subprocess.Popen[bytes]":
    """The launcher with these environment files; it writes into the log, as launchd lets it."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "towpath.cli.service.start", *files],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "CLAUDE_PROXY_LOG_LEVEL": "error"},
        )


@pytest.mark.cli
def test_it_serves_with_the_settings_of_the_files(tmp_path: Path) -> None:
    settings, secrets, log = tmp_path / "a b.env", tmp_path / "secrets.env", tmp_path / "log"
    settings.write_text(
        f"# Written by a test\nCLAUDE_PROXY_PORT=0\nCLAUDE_PROXY_API_KEY=first\n"
        f"CLAUDE_PROXY_STATE_DIR='{tmp_path / 'the state'}'\n"
    )
    secrets.write_text("CLAUDE_PROXY_API_KEY=second\n")

    process = started(log, settings, secrets, tmp_path / "missing.env")
    try:
        wait_until(lambda: "http://" in log.read_text())
        url = log.read_text().partition(" at ")[2].split()[0]
        with httpx.Client(base_url=url, trust_env=False, timeout=WAIT_SECONDS) as client:
            wait_until(lambda: _version_at(client) == __version__)
            refused = client.post("/v1/messages", json={}, headers={"x-api-key": "first"})
            let_in = client.post("/v1/messages", json={}, headers={"x-api-key": "second"})
        assert (tmp_path / "the state" / "run").is_dir()
    finally:
        process.terminate()
        process.wait(timeout=WAIT_SECONDS)

    assert (refused.status_code, let_in.status_code) == (401, 400)


@pytest.mark.slow
def test_a_file_that_is_none_ends_it_without_showing_it(tmp_path: Path) -> None:
    secrets, log = tmp_path / "secrets.env", tmp_path / "log"
    secrets.write_text("KEY=hush more hush")

    code = started(log, secrets).wait(timeout=WAIT_SECONDS)
    output = log.read_text()

    assert code
    assert "NAME=value" in output
    assert "hush" not in output


def _version_at(client: httpx.Client) -> str | None:
    try:
        return str(client.get("/health", headers={"x-api-key": "second"}).json()["version"])
    except httpx.HTTPError:
        time.sleep(0.05)
        return None
