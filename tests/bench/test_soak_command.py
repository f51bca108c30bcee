"""A short soak as it is run: the real proxy with real CLIs, crashes, and its report.

CI runs half a minute of one before the tests (`.ci/run`), so these are for the nightly profile.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import WAIT_SECONDS

pytestmark = [
    pytest.mark.cli,
    pytest.mark.slow,
    pytest.mark.nightly,
]


@contextmanager
def soak(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.soak", "--json", *arguments]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_a_short_soak_finds_nothing_wrong() -> None:
    with soak("--minutes", "0.2", "--kill-seconds", "3", "--seed", "1") as process:
        output, errors = process.communicate(timeout=WAIT_SECONDS)

    report = json.loads(output)
    assert report["problems"] == [], errors
    assert process.returncode == 0
    assert report["tally"]["requests"] > 10
    assert report["tally"]["kills"] > 0
    assert set(report["tally"]["ways"]) == {"start", "resume", "answer"}
    assert report["calls"] >= sum(report["tally"]["ways"].values())
    assert " requests, " in errors


def test_an_interrupted_soak_ends_early_with_its_report() -> None:
    with soak("--minutes", "10", "--kill-seconds", "100") as process:
        assert process.stderr
        assert " conversations, " in process.stderr.readline()  # the first line of progress
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=WAIT_SECONDS)

    report = json.loads(output)
    assert (report["interrupted"], report["problems"]) == (True, []), errors
    assert process.returncode == 130
    assert report["minutes"] < 3
