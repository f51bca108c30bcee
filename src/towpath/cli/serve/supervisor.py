"""Keeps a server running: starts it again when it has crashed, and holds its socket meanwhile.

A request that arrives while there is no server waits in the socket's queue, and the next server answers it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import IO

import typer

from towpath.cli.serve.signals import stop_signals

# So many crashes within so long are a loop: a server that cannot live is not helped by another start.
_LOOP_CRASHES = 5
_LOOP_SECONDS = 60.0
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
_KEPT_LINES = 20
# The exit code of a server that another start would not help.
BAD_SETTINGS = 2
# "<the socket's number>,<the number of a pipe that closes when the supervisor is gone>"
HANDED_DOWN = "TOWPATH_SUPERVISED"


def restart_delay(crashes: Sequence[float], now: float) -> float | None:
    """How long to wait (seconds) before the next start, None to give up; ``crashes`` are their moments."""
    recent = [moment for moment in crashes if now - moment < _LOOP_SECONDS]
    if len(recent) >= _LOOP_CRASHES:
        return None
    return min(_FIRST_DELAY_SECONDS * 2.0 ** (len(recent) - 1), _LONGEST_DELAY_SECONDS)


class Supervisor:
    """Runs ``command`` until it ends well or is told to; ``listener`` is handed down to it."""

    def __init__(self, command: Sequence[str], listener: socket.socket) -> None:
        self._command = command
        self._listener = listener
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._server: subprocess.Popen[str] | None = None
        self._told_to_stop = threading.Event()

    def run(self) -> int:
        """The exit code: 0 after a stop that was asked for, else that of the last server."""
        for number in stop_signals():
            signal.signal(number, self._pass_on)
        crashes: list[float] = []
        while True:
            code = self._serve_once()
            if self._told_to_stop.is_set() or code in (0, BAD_SETTINGS):
                return 0 if self._told_to_stop.is_set() else code
            crashes.append(time.monotonic())
            delay = restart_delay(crashes, crashes[-1])
            if delay is None:
                self._say_why(code, len(crashes))
                return code if code > 0 else 1
            typer.secho(f"The server ended {_how(code)}. It starts again in {delay:g} s.", err=True, fg="red")
            if self._told_to_stop.wait(delay):
                return 0

    def _serve_once(self) -> int:
        alive, held = os.pipe()
        descriptors = (self._listener.fileno(), alive)
        try:
            self._server = subprocess.Popen(
                self._command,
                env={**os.environ, HANDED_DOWN: ",".join(map(str, descriptors))},
                pass_fds=descriptors,
                # On a terminal its log is for a person, who sees the last lines anyway.
                stderr=None if sys.stderr.isatty() else subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C is ours to pass on, once
            )
            os.close(alive)
            if self._server.stderr:
                self._relay(self._server.stderr)
            return self._server.wait()
        finally:
            os.close(held)

    def _relay(self, log: IO[str]) -> None:
        for line in log:
            self._lines.append(line)
            sys.stderr.write(line)
            sys.stderr.flush()

    def _pass_on(self, number: int, _frame: object) -> None:
        self._told_to_stop.set()
        if self._server:
            with contextlib.suppress(ProcessLookupError):
                self._server.send_signal(number)

    def _say_why(self, code: int, crashes: int) -> None:
        typer.secho(
            f"The server crashed {crashes} times, the last time {_how(code)}, and is not "
            f"started again.{' Its last lines:' if self._lines else ''}",
            err=True,
            fg="red",
        )
        sys.stderr.writelines(f"  {line}" for line in self._lines)


def _how(code: int) -> str:
    """How a process ended: below zero, ``code`` is the number of the signal that ended it."""
    return f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"


def handed_down() -> socket.socket | None:
    """The socket that a supervisor holds for this server, which ends when the supervisor is gone."""
    given = os.environ.pop(HANDED_DOWN, None)
    if given is None:
        return None
    listener, alive = map(int, given.split(","))
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    return socket.socket(fileno=listener)


def _end_with(alive: int) -> None:
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
