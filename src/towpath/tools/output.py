"""Keeps the beginning and the end of a command's output."""

import asyncio

# Together about what a model reads of a result.
_HALF_BYTES = 15_000


class Output(asyncio.Protocol):
    """What comes out of a pipe, in bounded memory. ``closed`` is done when no process holds the pipe."""

    def __init__(self) -> None:
        self.closed = asyncio.get_running_loop().create_future()
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def data_received(self, data: bytes) -> None:
        room = _HALF_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        # Not at each call: a cut moves all that is kept.
        if len(self._tail) > 4 * _HALF_BYTES:
            self._cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.closed.done():
            self.closed.set_result(None)

    def text(self) -> str:
        """The output; where some was left out from the middle, that is said there."""
        self._cut()
        if not self._left_out:
            return (self._head + self._tail).decode("utf-8", "replace")
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        return f"{head}\n[... {self._left_out} bytes left out ...]\n{tail}"

    def _cut(self) -> None:
        extra = max(0, len(self._tail) - _HALF_BYTES)
        del self._tail[:extra]
        self._left_out += extra
