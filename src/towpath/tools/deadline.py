"""How long a call may search: a pattern can take exponential time, and a tree can be large."""

import time

import regex

from towpath.tools.values import RefusedError


class Deadline:
    """The end of one call's time, ``seconds`` from now."""

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises RefusedError if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.refusal()
        return left

    def refusal(self) -> RefusedError:
        """What to raise when the time is over."""
        sentence = f"the search took longer than {self._seconds:g} s"
        return RefusedError(
            f"pattern: {sentence}; make it simpler, or look in a smaller part of the workspace"
        )

    def finds(self, pattern: "regex.Pattern[str]", text: str) -> bool:
        """Whether the pattern occurs in the text. Raises RefusedError when the time is over.

        ``regex`` lets go of the interpreter's lock meanwhile; ``re`` would stop the whole program, and has
        no time limit.
        """
        try:
            return pattern.search(text, timeout=self.left()) is not None
        except TimeoutError:
            raise self.refusal() from None
