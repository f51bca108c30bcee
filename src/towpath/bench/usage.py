"""What a process takes of the machine, as the operating system says."""

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
        times, memory = process.cpu_times(), process.memory_info()
    except psutil.NoSuchProcess:
        return None
    return OwnUse(times.user + times.system, round(memory.rss / _MEGABYTE, 1))


def _share(process: psutil.Process) -> int:
    """PSS counts a page that n processes share as an n-th; where there is none, what is only its own."""
    try:
        info = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return int(info.pss if hasattr(info, "pss") else info.uss)
