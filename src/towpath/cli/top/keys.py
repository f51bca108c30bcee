"""The keyboard, while the screen is shown: ``q`` quits, as Ctrl-C does."""

import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def q_quits() -> Iterator[None]:
    """Meanwhile a ``q`` raises KeyboardInterrupt in the main thread, and what is typed is not shown."""
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    threading.Thread(target=_listen, args=(terminal,), daemon=True).start()
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _listen(terminal: int) -> None:
    while (key := os.read(terminal, 1)) not in (b"q", b""):
        pass
    if key:  # as a signal: the main thread waits for the server's next word
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
