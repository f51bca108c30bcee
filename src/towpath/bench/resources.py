"""What a process takes of the machine, as the operating system says."""

from contextlib import suppress
from pathlib import Path

import psutil

from towpath.bench.samples import OwnUse, Usage

_MEGABYTE = 2**20


def usage_of(process: psutil.Process) -> Usage | None:
    """The processes below this one, and the memory of all: its own, and the others' share by PSS.

    None if it has died.
    """
    try:
        others = process.children(recursive=True)
        memory = process.memory_info().rss + sum(_share(other) for other in others)
    except psutil.NoSuchProcess:
        return None
    return Usage(len(others), round(memory / _MEGABYTE, 1))


def own_use_of(process: psutil.Process) -> OwnUse | None:
    """What one process took so far; None if it has died."""
    try:
        return OwnUse(_cpu_seconds(process), round(process.memory_info().rss / _MEGABYTE, 1))
    except psutil.NoSuchProcess:
        return None


def _cpu_seconds(process: psutil.Process) -> float:
    """Linux counts nanoseconds for each thread; everywhere else there are steps of up to 16 ms."""
    nanoseconds = 0
    for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # it has ended
            nanoseconds += int(thread.read_text().split()[0])
    times = process.cpu_times()
    return nanoseconds / 1e9 or times.user + times.system


def _share(process: psutil.Process) -> int:
    """PSS counts a page that n processes share as an n-th; without PSS, what is only its own."""
    try:
        info = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return int(info.pss if hasattr(info, "pss") else info.uss)
