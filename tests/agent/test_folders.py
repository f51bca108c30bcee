"""The private folders: what dead proxies left is removed, what living ones use is not."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.agent.folders import _name_of, additions_folder, empty_folder, run_folder


@pytest.fixture(scope="module")
def dead_pid() -> int:
    """The number of a process that has ended and been waited for."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


@contextmanager
def waiting_process(environment: Mapping[str, str], *, deaf: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A process that waits to be ended, when it is ready for that."""
    script = f"{'trap : TERM;' if deaf else ''} echo ready; while :; do read -r _; done"
    with subprocess.Popen(
        ["/bin/sh", "-c", script],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def left_behind(state_dir: Path, name: str) -> Path:
    """What a proxy had in its folder."""
    folder = state_dir / "run" / name
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "session.jsonl").write_text("{}")
    return folder


def test_a_proxy_gets_an_empty_folder_with_its_number(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)

    assert folder.is_relative_to(tmp_path)
    assert folder.name.partition("-")[0] == str(os.getpid())
    assert list(folder.iterdir()) == []


def test_two_proxies_of_one_process_get_two_folders(tmp_path: Path) -> None:
    first, second = run_folder(tmp_path), run_folder(tmp_path)

    assert first != second
    assert first.is_dir()


def test_the_folder_of_a_dead_proxy_is_swept(tmp_path: Path, dead_pid: int) -> None:
    folder = left_behind(tmp_path, f"{dead_pid}-0badcafe")

    run_folder(tmp_path)

    assert not folder.exists()


def test_the_folder_of_an_earlier_process_with_the_same_number_is_swept(tmp_path: Path) -> None:
    """In a container the proxy has the same number each time."""
    folder = left_behind(tmp_path, f"{os.getpid()}-1600000000000-0badcafe")

    run_folder(tmp_path)

    assert not folder.exists()


@pytest.mark.parametrize(
    "name", ["stray", "", "-1-0badcafe", "12x-0badcafe", "99999999999999999999-x", "0-x"]
)
def test_a_folder_of_no_proxy_is_swept(tmp_path: Path, name: str) -> None:
    folder = left_behind(tmp_path, name or "-")

    run_folder(tmp_path)

    assert not folder.exists()


@pytest.mark.parametrize(
    "pid", [pytest.param(os.getppid(), id="parent"), pytest.param(1, id="of-another-user")]
)
def test_the_folder_of_a_living_proxy_is_kept(tmp_path: Path, pid: int) -> None:
    folder = left_behind(tmp_path, f"{_name_of(psutil.Process(pid))}-0badcafe")

    run_folder(tmp_path)

    assert (folder / "1" / "session.jsonl").read_text() == "{}"


def test_a_living_proxy_is_known_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the machine started is what psutil takes it for from the clock of now, to the second."""
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 1_600_000_000.0)
    folder = run_folder(tmp_path)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 1_600_000_001.0)
    run_folder(tmp_path)

    assert folder.is_dir()


@pytest.mark.parametrize(
    "deaf",
    [pytest.param(False, id="willing"), pytest.param(True, id="deaf to SIGTERM", marks=pytest.mark.slow)],
)
def test_processes_of_a_dead_proxy_are_ended(tmp_path: Path, dead_pid: int, deaf: bool) -> None:
    folder = left_behind(tmp_path, f"{dead_pid}-12345-0badcafe")
    with waiting_process({"ANYTHING": f"{folder}/1"}, deaf=deaf) as process:
        run_folder(tmp_path)

        process.wait(WAIT_SECONDS)  # raises if it goes on


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stray", "{folder}/1"),  # a folder that no proxy made says nothing about a process
        ("{dead}-12345-0badcafe", "{folder}-and-more/1"),
        ("{dead}-12345-0badcafe", "elsewhere"),
        ("{own}-0badcafe", "{folder}/1"),
    ],
)
def test_processes_of_nobody_dead_are_left_alone(
    tmp_path: Path, dead_pid: int, name: str, value: str
) -> None:
    folder = left_behind(tmp_path, name.format(dead=dead_pid, own=_name_of(psutil.Process())))
    with waiting_process({"ANYTHING": value.format(folder=folder)}) as process:
        left_behind(tmp_path, f"{dead_pid}-67890-0badcafe")
        run_folder(tmp_path)

        assert process.poll() is None


def test_only_the_folders_of_runs_are_swept(tmp_path: Path) -> None:
    (tmp_path / "additions").mkdir()

    run_folder(tmp_path)

    assert (tmp_path / "additions").is_dir()


def test_all_folders_are_private(tmp_path: Path) -> None:
    state_dir = tmp_path / "deep" / "state"

    folder = run_folder(state_dir)

    assert {mode(state_dir), mode(state_dir / "run"), mode(folder)} == {0o700}
    assert mode(empty_folder(state_dir)) == mode(additions_folder(state_dir)) == 0o700


def test_a_state_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    run_folder(tmp_path)

    assert mode(tmp_path) == 0o700


def test_the_empty_folder_is_always_the_same(tmp_path: Path) -> None:
    run_folder(tmp_path)

    assert empty_folder(tmp_path) == empty_folder(tmp_path)
    assert list(empty_folder(tmp_path).iterdir()) == []
