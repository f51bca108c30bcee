"""Ends all processes of a command, also those that left its group, its session or their parent."""

import contextlib
import os
import time

import psutil

# How long a process may take to end on its own, and the system to remove it.
GRACE_SECONDS = 2.0
_REMOVAL_SECONDS = 1.0
_POLL_SECONDS = 0.02


def end_processes(session: int | None, mark: tuple[str, str], *, grace_seconds: float) -> None:
    """End every process that a command started; returns when they are gone.

    They have ``grace_seconds`` to end on their own, and it blocks for one second longer at most. ``session``
    is the command's own session, ``mark`` a variable that only its environment has. A process counts if it is
    of that session (``set -m`` makes groups of its own), is a descendant of one that counts (``setsid`` makes
    a session of its own) or has the mark (its parent has ended before).
    """
    started = time.monotonic()
    known: dict[int, psutil.Process] = {}
    asked: set[int] = set()
    while time.monotonic() < started + grace_seconds + _REMOVAL_SECONDS:
        known = _alive(known, session, mark)
        if not known:
            return
        is_overdue = time.monotonic() >= started + grace_seconds
        for pid, process in known.items():
            with contextlib.suppress(psutil.Error):
                if is_overdue:
                    process.kill()
                elif pid not in asked:
                    process.terminate()
            asked.add(pid)
        time.sleep(_POLL_SECONDS)


def _alive(
    known: dict[int, psutil.Process], session: int | None, mark: tuple[str, str]
) -> dict[int, psutil.Process]:
    """Those of ``known`` that still run, and all that belong to the command by now."""
    processes = {process.pid: process for process in psutil.process_iter()}
    found = {pid: process for pid, process in known.items() if process.is_running()}
    for pid, process in processes.items():
        if pid not in found and (_session_of(pid) == session or _has_mark(process, mark)):
            found[pid] = process
    children: dict[int, list[psutil.Process]] = {}
    for process in processes.values():
        with contextlib.suppress(psutil.Error):
            children.setdefault(process.ppid(), []).append(process)
    parents = list(found)
    while parents:
        for child in children.get(parents.pop(), ()):
            if child.pid not in found:
                found[child.pid] = child
                parents.append(child.pid)
    return {pid: process for pid, process in found.items() if not _is_zombie(process)}


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _has_mark(process: psutil.Process, mark: tuple[str, str]) -> bool:
    name, value = mark
    try:
        return process.environ().get(name) == value
    except (psutil.Error, OSError):
        return False  # another user's, or gone by now


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
