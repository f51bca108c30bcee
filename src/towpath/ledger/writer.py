"""The thread that writes the ledger.

The standard library's sqlite3 on one thread: a library for asyncio would start such a thread as well, hand
each statement over to it, and wait. Here the event loop only puts a row into a queue, and what came
meanwhile is one transaction.

Whatever happens to the file, the server goes on: rows wait until they can be written, and a damaged file is
put aside. ``say`` hears of it.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from towpath.ledger.file import insert, open_to_write, put_aside, trim
from towpath.ledger.row import Reading, Row, day_of
from towpath.ledger.schema import NewerLedgerError

_MOST_WAITING = 10_000  # some 10 MB
_TRY_AGAIN_SECONDS = 30.0
_DAY_SECONDS = 24 * 3600
_IS_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class LedgerWriter:
    """Writes rows into a file, in their order.

    ``keep_days`` and ``keep_mb`` bound the file. ``say`` gets sentences for the operator, on the thread.
    """

    def __init__(self, file: Path, *, keep_days: int, keep_mb: int, say: Callable[[str], None]) -> None:
        self.trouble: str | None = None
        """Why nothing can be written at the moment, in a sentence."""
        self._file = file
        self._keep_days, self._keep_mb = keep_days, keep_mb
        self._say = say
        self._queue: queue.SimpleQueue[Row | Reading | None] = queue.SimpleQueue()
        self._waiting: deque[Row | Reading] = deque()
        self._lost = 0
        self._connection: sqlite3.Connection | None = None
        self._trimmed_on = ""
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def put(self, item: Row | Reading) -> None:
        """Have it written soon. Never waits."""
        self._queue.put(item)

    def close(self) -> None:
        """Write what is left, if that can be done, and close the file."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing:
            self._take()
            try:
                self._write_or_begin_again()
            except (sqlite3.Error, OSError, NewerLedgerError) as error:
                self._failed(error)
            else:
                self._recovered()
        self._close()

    def _take(self) -> None:
        """Wait for the next item, or until it is time to try again; then take all that are there."""
        with contextlib.suppress(queue.Empty):
            self._keep(self._queue.get(timeout=_TRY_AGAIN_SECONDS if self._waiting else None))
            while True:
                self._keep(self._queue.get_nowait())

    def _keep(self, item: Row | Reading | None) -> None:
        if item is None:
            self._is_closing = True
            return
        self._waiting.append(item)
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1

    def _write_or_begin_again(self) -> None:
        try:
            self._write()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _IS_DAMAGED:
                raise
            self._close()
            aside = put_aside(self._file)
            self._say(f"The ledger was damaged. It is kept as {aside}, and a new one is begun.")
            self._write()

    def _write(self) -> None:
        if self._connection is None:
            self._connection = open_to_write(self._file)
        with self._connection:
            for item in self._waiting:
                insert(self._connection, item)
        self._waiting.clear()
        if (today := day_of(time.time())) != self._trimmed_on:
            oldest = time.time() - self._keep_days * _DAY_SECONDS
            trim(self._connection, oldest=oldest, keep_mb=self._keep_mb)
            self._trimmed_on = today

    def _close(self) -> None:
        if self._connection:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _failed(self, error: Exception) -> None:
        self._close()
        trouble = f"The ledger cannot be written: {error}. Its rows wait in memory, and the server goes on."
        if self.trouble is None:
            self._say(f"{trouble} The file is {self._file}.")
        self.trouble = trouble

    def _recovered(self) -> None:
        if self.trouble:
            lost = f" {self._lost:,} rows were lost meanwhile." if self._lost else ""
            self._say(f"The ledger is written again.{lost}")
        self.trouble, self._lost = None, 0
