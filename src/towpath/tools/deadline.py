"""When a call is over: a pattern can take exponential time, a tree can be large, a client can leave."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import TypeVar

import regex

from towpath.tools.values import RefusedError

T = TypeVar("T")

_ITEMS_A_LOOK = 1000


class Deadline:
    """The end of one call: ``seconds`` after it began, or when nobody waits for it any more."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._is_given_up = False
        self._process: Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """The time runs from here. Raises RefusedError if the call was given up before it began."""
        self._end = time.monotonic() + self._seconds
        self.left()

    def give_up(self) -> None:
        """Let it end now; for any thread."""
        with self._lock:
            self._is_given_up = True
            if self._process:
                self._process.kill()

    def left(self) -> float:
        """Seconds that are left. Raises RefusedError if there are none."""
        left = self._end - time.monotonic()
        if left <= 0 or self._is_given_up:
            raise self.refusal()
        return left

    def refusal(self) -> RefusedError:
        """What to raise when the time is over."""
        return RefusedError(
            f"this took longer than {self._seconds:g} s and was ended; make the pattern or text simpler, or "
            "look at less of the workspace at a time"
        )

    def checked(self, items: Iterable[T]) -> Iterator[T]:
        """The items, for as long as there is time. Raises RefusedError when it is over."""
        for number, item in enumerate(items):
            if number % _ITEMS_A_LOOK == 0:
                self.left()
            yield item

    def finds(self, pattern: "regex.Pattern[str]", text: str) -> bool:
        """Whether the pattern occurs in the text. Raises RefusedError when the time is over.

        Only for patterns of ours, see patterns.py: in others ``regex`` does not always look at the time.
        """
        try:
            return pattern.search(text, timeout=self.left()) is not None
        except TimeoutError:
            raise self.refusal() from None

    @contextmanager
    def ending(self, process: "Popen[bytes]") -> Iterator[None]:
        """Kill a process when the time is over, for as long as the block lasts."""
        with self._lock:
            self._process = process
        timer = threading.Timer(self.left(), process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._process = None
