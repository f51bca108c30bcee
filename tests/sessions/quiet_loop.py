"""An event loop whose time stands still until the test moves it.

``settle`` runs it until everybody waits: for something that the test has to do, or for a later time. So no
test sleeps, and none depends on how fast the machine is.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class QuietLoop(asyncio.SelectorEventLoop):
    """Belongs to a test, which runs it a piece at a time."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._watcher = _Watcher(self.stop)
        super().__init__(self._watcher)
        self.unhandled: list[dict[str, Any]] = []
        self.set_default_executor(_AtOnce())
        self.set_exception_handler(lambda _, context: self.unhandled.append(context))

    def time(self) -> float:
        return self._now

    def settle(self) -> None:
        """Run until nobody can go on."""
        self._watcher.stops = True
        self.run_forever()

    def step(self, count: int = 1) -> None:
        """Run what is ready now, and not what follows from it; this many times."""
        self._watcher.stops = False
        for _ in range(count):
            self.stop()  # before run_forever: one iteration
            self.run_forever()

    def pass_time(self, seconds: float) -> None:
        """Let everything happen that happens in this time, each at its moment."""
        end = self._now + seconds
        self.settle()
        while (wait := self._watcher.until_next) is not None and self._now + wait <= end:
            self._now += wait
            self.settle()
        self._now = end
        self.settle()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of what needs nothing further from the test."""
        task = self.create_task(work)
        self.settle()
        assert task.done(), f"it waits: {task}"
        return task.result()

    def finish(self) -> None:
        """End what is left and close the loop."""
        while tasks := asyncio.all_tasks(self):
            for task in tasks:
                task.cancel()
            self.settle()
        self.close()


class _Watcher(selectors.DefaultSelector):
    """Stops the loop where it would wait."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop
        self.stops = True
        self.until_next: float | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.until_next = timeout
        if timeout != 0 and self.stops:
            self._stop()
        return super().select(0)


class _AtOnce(ThreadPoolExecutor):
    """Does at once what would go to a thread."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the one that waits for it gets it
            done.set_exception(error)
        return done
