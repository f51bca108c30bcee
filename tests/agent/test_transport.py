"""What stands before the CLI's command line, so that it ends with its parent: where the system has it."""

from pathlib import Path

import pytest

from towpath.agent.parent import tied_to_parent


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
