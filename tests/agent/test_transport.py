"""What stands before the CLI's command line: it ends with its parent, and has a session of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from towpath.agent.parent import tied_to_parent
from towpath.agent.transport import in_own_session


@pytest.fixture
def only_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the one program is that this system has besides true: setpriv."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "true").symlink_to("/bin/true")
    return tmp_path / "setpriv"


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_it_gets_sigterm_when_its_parent_dies(only_program: Path) -> None:
    write_program(only_program, 'shift 3; exec "$@"')

    assert tied_to_parent.__wrapped__() == [str(only_program), "--pdeathsig", "TERM", "--"]


def test_a_program_that_cannot_do_it_is_left_out(only_program: Path) -> None:
    """busybox has one of that name that does not know the option."""
    write_program(only_program, "exit 1")

    assert tied_to_parent.__wrapped__() == []


def test_without_the_program_the_cli_is_started_plainly(only_program: Path) -> None:
    assert tied_to_parent.__wrapped__() == []


def test_other_systems_have_no_such_signal(only_program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(only_program, 'shift 3; exec "$@"')
    monkeypatch.setattr("sys.platform", "darwin")

    assert tied_to_parent.__wrapped__() == []


@pytest.mark.parametrize("has_setsid", [True, False])
def test_a_command_becomes_the_leader_of_a_session(
    only_program: Path, monkeypatch: pytest.MonkeyPatch, *, has_setsid: bool
) -> None:
    if has_setsid:
        monkeypatch.setenv("PATH", os.defpath)
    words = in_own_session.__wrapped__()
    shows = "import os; print(os.getpid() == os.getsid(0), os.getpid())"
    with subprocess.Popen(
        [*words, sys.executable, "-c", shows], stdout=subprocess.PIPE, text=True
    ) as process:
        said, _ = process.communicate()

    assert said.split() == ["True", str(process.pid)]
    assert words[0].endswith("setsid") is has_setsid
