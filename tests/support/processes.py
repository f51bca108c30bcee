"""The CLIs that a proxy runs, seen from outside."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support.waiting import WAIT_SECONDS


def cli_processes(state_dir: Path) -> list[psutil.Process]:
    """The CLIs that work on files below a state folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(f"--resume={state_dir}" in argument for argument in process.info["cmdline"] or [])
    ]


def kill(process: psutil.Process) -> None:
    """SIGKILL, and wait until it has ended."""
    end = os.pidfd_open(process.pid)  # waits without reaping: that is for the event loop to do
    process.send_signal(signal.SIGKILL)
    assert select.select([end], [], [], 10)[0]
    os.close(end)


def wait_until(holds: Callable[[], bool], timeout_seconds: float = WAIT_SECONDS) -> None:
    """Ask again until it holds; fails after ``timeout_seconds``."""
    deadline = time.monotonic() + timeout_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_seconds:g} s"
        time.sleep(0.02)


def doors_of(process: psutil.Process) -> list[object]:
    """What a process and its children listen to: ports, and sockets with a name."""
    family = [process, *process.children(recursive=True)]
    found = [connection for one in family for connection in one.net_connections("all")]
    return [
        one
        for one in found
        if one.status == psutil.CONN_LISTEN or (one.family == socket.AF_UNIX and one.laddr)
    ]
