"""The command as it is run: a subprocess, the real CLI, and what is left when it has ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.main import app
from towpath.testing import ScriptedApi, serve_in_thread

STEPS = ("first of a known kind", "answer, 20 results")


@contextmanager
def bench(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`towpath bench`, without pauses and with a JSON document as its output."""
    code = "from towpath.cli.main import app; app()"
    command = [sys.executable, "-c", code, "bench", "--pause", "0", "--json", *arguments]
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # a killed run cannot clean up
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": folder},
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                process.terminate()


def only(*names: str) -> list[str]:
    return [argument for name in names for argument in ("--only", name)]


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    output, errors = process.communicate(timeout=WAIT_SECONDS)
    return json.loads(output), errors


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def still_alive(started: list[psutil.Process], *, within_seconds: float) -> list[psutil.Process]:
    """Those that do not end in that time. What nobody waits for has ended all the same."""
    deadline = time.monotonic() + within_seconds
    while True:
        alive = [process for process in started if is_alive(process)]
        if not alive or time.monotonic() >= deadline:
            return alive
        psutil.wait_procs(alive, timeout=0.2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "nothing"], "there is no step"),
        (["--also", "peer"], "NAME=URL"),
        (["--also", "direct=http://127.0.0.1:1"], "a new name"),
        (["--also", "a=http://x", "--also", "a=http://y"], "a new name"),
        (["--rounds", "0"], "rounds"),
    ],
)
def test_a_bad_flag_is_refused_before_anything_starts(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["bench", *arguments])

    assert result.exit_code == 2
    assert words in " ".join(result.output.replace("│", " ").split())


def test_help_has_an_example() -> None:
    assert "Example: towpath bench" in CliRunner().invoke(app, ["bench", "--help"]).output


@pytest.mark.cli
def test_the_quick_steps_through_the_real_proxy() -> None:
    with bench("--rounds", "1", *only(*STEPS)) as process:
        report, errors = ended(process)

    assert process.returncode == 0, errors
    assert set(report["machine"]) == {"python", "cpus", "memory_mb", "platform"}
    assert set(report["versions"]) == {"towpath", "claude-agent-sdk"}
    assert (report["rounds"], report["pause"], report["interrupted"]) == (1, 0, False)
    assert report["left_running"] == 0
    assert set(report["targets"]) == {"direct", "towpath"}
    for name, target in report["targets"].items():
        assert tuple(step["name"] for step in target["steps"]) == STEPS
        assert {(step["count"], step["errors"]) for step in target["steps"]} == {(1, 0)}
        assert target["calls_per_request"] == 1.0, name
    through = {step["name"]: step for step in report["targets"]["towpath"]["steps"]}
    assert through["answer, 20 results"]["ways"] == {"answer": 1}
    assert through["answer, 20 results"]["processes"] > 0
    assert through["answer, 20 results"]["memory_mb"] > 50


@pytest.mark.cli
def test_an_interrupted_run_reports_and_leaves_nothing() -> None:
    api = ScriptedApi()
    with (
        serve_in_thread(api.app) as url,
        bench("--rounds", "500", "--also", f"peer={url}", *only("resume")) as process,
    ):
        api.wait_for(6, timeout_seconds=60)  # two rounds are over
        started = psutil.Process(process.pid).children(recursive=True)
        sessions = {os.getsid(child.pid) for child in started}
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        report, errors = ended(process)

    assert process.returncode == 130, errors
    assert report["interrupted"] is True
    assert {name: target["steps"][0]["errors"] for name, target in report["targets"].items()} == {
        "direct": 0,
        "towpath": 0,
        "peer": 0,
    }
    assert report["targets"]["peer"]["steps"][0]["count"] >= 1
    assert report["targets"]["direct"]["calls_per_request"] == pytest.approx(1, abs=0.5)  # the API lives on
    assert report["left_running"] == 0
    assert len(started) >= 3  # the API, the proxy and a CLI
    assert process.pid not in sessions  # only the driver has heard of it
    assert still_alive(started, within_seconds=0) == []


@pytest.mark.cli
def test_a_run_that_is_killed_leaves_nothing() -> None:
    api = ScriptedApi()
    with (
        serve_in_thread(api.app) as url,
        bench("--rounds", "500", "--also", f"peer={url}", *only("resume")) as process,
    ):
        api.wait_for(3, timeout_seconds=60)
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()

        assert len(started) >= 3
        assert still_alive(started, within_seconds=60) == []
