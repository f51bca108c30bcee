"""What can be newer, which tests are about it, and what is said of the trials."""

import json
import os
import sys
from io import StringIO
from pathlib import Path

import psutil
import pytest

from scripts.upgrade.candidates import SDK, Asked, candidates, chosen
from scripts.upgrade.report import Outcome, Result, as_json, exit_code, failures_in, table
from scripts.upgrade.running import Progress, run
from scripts.upgrade.trial import ROOT, asked_in

ASKED = Asked(
    pins=[f"{SDK}==0.2.1", "barge==2.0"],
    npm={"lock": "3.1", "@canal/towrope": "1.0", "lock-older": "npm:lock@2.0"},
    sources={
        "test_barge.py": 'VERSION = pinned("barge")',
        "test_older_barge.py": '(f"barge=={version}",)',
        "lock.py": 'VERSIONS["lock"]',
        "test_lock.py": "from tests.clients.lock import Lock",
        "test_bridge.py": 'Environment("bridge", ("bridge[iron]==0.9", "bolts"))',
    },
)
PYTEST = """
FAILED tests/proxy/test_ways.py::test_one[a b] - assert 1 == 2
ERROR tests/proxy/test_start.py
FAILED tests/proxy/test_ways.py::test_two
FAILED tests/proxy/test_ways.py::test_two
2 failed, 1 error in 3.21s
"""
BETTER = Result("lock", "3.1", "3.2", Outcome.PASSED, seconds=61)
WORSE = Result("bridge", "0.9", "1.0", Outcome.FAILED, ("a", "b", "c", "d"), 5)


def test_what_has_an_exact_version_is_tried_with_the_tests_that_are_about_it() -> None:
    found = {candidate.name: candidate for candidate in candidates(ASKED)}

    assert [(name, one.version) for name, one in found.items()] == [
        (SDK, "0.2.1"),
        ("barge", "2.0"),
        ("bridge", "0.9"),
        ("npm:lock", "3.1"),
        ("npm:@canal/towrope", "1.0"),
    ]
    assert "tests/contract" in found[SDK].tests
    assert found["barge"].tests == ("tests/clients/test_barge.py",)
    assert found["bridge"].tests == ("tests/clients/test_bridge.py",)
    assert found["npm:lock"].tests == ("tests/clients/test_lock.py",)  # which goes by a module beside it
    assert found["npm:@canal/towrope"].tests == ("tests/clients",)  # nobody names it: any may be about it


def test_each_client_of_this_repository_has_tests_of_its_own() -> None:
    clients = [candidate for candidate in candidates(asked_in(ROOT)) if not candidate.is_sdk]

    assert clients
    assert [one.name for one in clients if "tests/clients" in one.tests] == []
    assert [path for one in clients for path in one.tests if not (ROOT / path).is_file()] == []


def test_some_can_be_chosen() -> None:
    everything = candidates(ASKED)

    assert [one.name for one in chosen(everything, ["npm:lock", SDK])] == ["npm:lock", SDK]
    assert chosen(everything, []) == everything
    with pytest.raises(ValueError, match=r"not here: sluice\. There are: claude-agent-sdk, barge,"):
        chosen(everything, ["sluice"])


def test_the_tests_that_failed_are_named_once() -> None:
    assert failures_in(PYTEST) == (
        "tests/proxy/test_ways.py::test_one[a b]",
        "tests/proxy/test_start.py",
        "tests/proxy/test_ways.py::test_two",
    )
    assert failures_in("3 passed in 1.00s") == ()


def test_the_table_says_what_came_of_each() -> None:
    gone = Result("npm:tow", "1.0", None, Outcome.NOT_INSTALLED, ("no such package",))

    assert table([BETTER, WORSE, gone]).splitlines() == [
        "package  old  new  result",
        "lock     3.1  3.2  passed in 61 s",
        "bridge   0.9  1.0  failed in 5 s: a, b, c and 1 more",
        "npm:tow  1.0  ?    cannot be installed: no such package",
    ]


def test_the_json_and_the_exit_code_say_whether_something_broke() -> None:
    newest = Result("barge", "2.0", "2.0", Outcome.NEWEST)

    assert exit_code([BETTER, newest]) == 0
    assert exit_code([BETTER, WORSE]) == 1
    said = json.loads(json.dumps(as_json([BETTER, WORSE])))
    assert said["broken"] is True
    assert said["results"][1] == {
        "name": "bridge",
        "old": "0.9",
        "new": "1.0",
        "outcome": "failed",
        "failures": ["a", "b", "c", "d"],
        "seconds": 5,
    }


class Interrupting(Progress):
    """Interrupts, as Ctrl-C does, once the program has written the file that it is given."""

    def __init__(self, when: Path) -> None:
        super().__init__(StringIO())
        self._when = when

    def say(self, step: str, seconds: float) -> None:  # noqa: ARG002 - only when counts
        if self._when.exists():
            raise KeyboardInterrupt


def test_a_program_runs_to_its_end(tmp_path: Path) -> None:
    said = StringIO()
    command = (sys.executable, "-c", "import sys; print('out'); sys.stderr.write('err'); sys.exit(3)")

    assert run(command, tmp_path, os.environ, "counting", Progress(said)) == (3, "out\nerr")
    assert set(said.getvalue().splitlines()) == {"counting …"}


@pytest.mark.slow
def test_what_is_interrupted_leaves_no_process(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    below = "import subprocess, sys, time, os, pathlib\n"
    sleeper = f"{below}time.sleep(600)"
    parent = (
        f"{below}one = subprocess.Popen([sys.executable, '-c', {sleeper!r}], start_new_session=True)\n"
        f"new = pathlib.Path({str(pids)!r} + '.new')\n"
        f"new.write_text(f'{{os.getpid()}} {{one.pid}}')\nnew.rename({str(pids)!r})\ntime.sleep(600)"
    )

    with pytest.raises(KeyboardInterrupt):
        run((sys.executable, "-c", parent), tmp_path, os.environ, "waiting", Interrupting(pids))

    assert [pid for pid in map(int, pids.read_text().split()) if psutil.pid_exists(pid)] == []
