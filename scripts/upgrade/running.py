"""A program to its end: with a line that says what goes on, and with nothing left if it is interrupted."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import psutil

_LOOK_EVERY_SECONDS = 1.0
_GRACE_SECONDS = 10.0


class Progress:
    """One line that is written over on a terminal; elsewhere a line for each step."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._said = ""

    def say(self, step: str, seconds: float) -> None:
        """``step`` is going on, and has been for so long."""
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{step} … {seconds // 60:.0f}:{seconds % 60:02.0f}")
        elif step != self._said:
            self._stream.write(f"{step} …\n")
        self._said = step
        self._stream.flush()

    def done(self) -> None:
        """Leave the terminal an empty line."""
        if self._stream.isatty():
            self._stream.write("\r\x1b[K")
        self._said = ""


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], step: str, progress: Progress
) -> tuple[int, str]:
    """Its exit code, and what it wrote.

    It has a session of its own, so that Ctrl-C reaches this program alone, which then ends it and all that it
    has started: pytest's workers, and what the tests started, which is in sessions of its own.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while started.poll() is None:
                progress.say(step, time.monotonic() - began)
                try:
                    started.wait(_LOOK_EVERY_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if started.poll() is None:
                with uninterrupted():
                    _end(started)
        output.seek(0)
        return started.returncode, output.read()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What cleans up is not to be stopped by Ctrl-C or SIGTERM, which has come already or comes too late."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(started: "subprocess.Popen[bytes]") -> None:
    """End it as Ctrl-C would, then all that is left of it."""
    own = psutil.Process(started.pid)
    below = own.children(recursive=True)
    for process in (*below, own):
        _signal(process, kill=False)
    _, alive = psutil.wait_procs(below, timeout=_GRACE_SECONDS)
    for process in (*alive, own):
        _signal(process, kill=True)
    started.wait()


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return
