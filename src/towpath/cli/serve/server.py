"""The server as a program on a terminal: when it is ready, what stops it, and what it says then."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import typer
import uvicorn

from towpath.cli.serve.signals import stop_signals


class Server(uvicorn.Server):
    """Stops at the first signal when what runs has finished, at a second one at once.

    ``state`` is that of the application (``server.app``). ``when_ready`` is called as soon as requests are
    served and signals are heeded.
    """

    def __init__(self, config: uvicorn.Config, state: Any, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._state = state
        self._when_ready = when_ready
        self._stopped_by: signal.Signals | None = None
        self._terminals = [number for number in (1, 2) if os.isatty(number)]

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal. Exits with 128 and its number if a second one ended what was running."""
        super().run(sockets)
        self._say("Stopped.")
        if self.force_exit and self._stopped_by:
            raise typer.Exit(128 + self._stopped_by)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own it does not raise them again: a stop that was asked for is no failure."""
        before = {number: signal.signal(number, self.handle_exit) for number in stop_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as it is called
        """A signal has come. SIGHUP is never the second one: where a window closes, the kernel sends one and
        the shell another."""
        if self.should_exit and sig != signal.SIGHUP:
            self.force_exit = True
        if sig == signal.SIGHUP:
            self._let_go_of_terminals()
        self.should_exit = True
        self._stopped_by = signal.Signals(sig)

    def _let_go_of_terminals(self) -> None:
        """They have gone. A line that is still written to one would make Python's exit code 120."""
        with Path(os.devnull).open("wb") as nowhere:
            for number in self._terminals:
                os.dup2(nowhere.fileno(), number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancellation)
        self._state.let_watchers_go()
        if unfinished := self._state.unfinished_answers():
            self._say(self._what_runs(unfinished))
        await super().shutdown(sockets)
        if self.force_exit:  # a CLI in a model call does not notice that nobody is there any more
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.terminate()

    def _what_runs(self, unfinished: int) -> str:
        what, them = ("1 answer is", "it") if unfinished == 1 else (f"{unfinished} answers are", "them")
        again = f"; Ctrl-C again ends {them}" if self._stopped_by == signal.SIGINT else ""
        return f"{what} still running{again}"

    def _say(self, sentence: str) -> None:
        """To the terminal, unless that is what has gone; on a line of its own if it shows ``^C``."""
        if self._stopped_by == signal.SIGHUP:
            return
        begins = "\r" if self._stopped_by == signal.SIGINT and sys.stdout.isatty() else ""
        with contextlib.suppress(OSError):
            typer.echo(begins + sentence)


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """What a stop cuts off is cancelled. uvicorn and Starlette log that as a failure, with a traceback."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is not asyncio.CancelledError and asyncio.CancelledError.__name__ not in record.getMessage()
