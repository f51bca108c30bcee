"""Limits that the system sets, for one folder or one process and its children."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.processes import wait_until

_PIDS = (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup"))  # of the first version, and of the second


@contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[None]:
    """A file system of its own in ``folder``. Skips the test where none can be mounted."""
    folder.mkdir()
    options = f"size={size_kb}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No byte more fits onto the disk of ``folder``."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def no_more_files(process: psutil.Process) -> Iterator[None]:
    """The process can open nothing."""
    before = process.rlimit(resource.RLIMIT_NOFILE)
    process.rlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        process.rlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def no_more_processes(process: psutil.Process) -> Iterator[None]:
    """The process can start no process and no thread. Skips the test where no group can be made."""
    root = next((folder for folder in _PIDS if (folder / "cgroup.procs").exists()), _PIDS[0])
    group = root / f"towpath-test-{process.pid}"
    try:
        group.mkdir()
        (group / "cgroup.procs").write_text(str(process.pid))
        (group / "pids.max").write_text("0")
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"no group of processes can be made here: {error}")
    try:
        yield
    finally:
        (group / "pids.max").write_text("max")
        (root / "cgroup.procs").write_text(str(process.pid))
        wait_until(lambda: _is_removed(group))


def _is_removed(group: Path) -> bool:
    for pid in (group / "cgroup.procs").read_text().split():
        with suppress(OSError):
            (group.parent / "cgroup.procs").write_text(pid)
    with suppress(OSError):
        group.rmdir()
    return not group.exists()
