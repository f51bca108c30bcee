"""The ledger's file: opened, written and kept small. One process writes; any number may read meanwhile."""

import sqlite3
import time
from pathlib import Path

from msgspec.structs import asdict

from towpath.ledger.row import HERE, Reading, Row
from towpath.ledger.schema import COLUMNS, GROUPS, SUMS, TOKENS, migrate

FILE_NAME = "usage.db"
_MB = 1024**2
_SUMMED = {"exchanges": "1", "failed": ":status >= 400"} | {
    n: f":{n}" for n in ("seconds", "missed", *TOKENS)
}
_KEEP = f"INSERT INTO exchanges ({', '.join(COLUMNS)}) VALUES (:{', :'.join(COLUMNS)})"
_ADD_UP = (
    f"INSERT INTO days ({', '.join((*GROUPS, *SUMS))}) "
    f"VALUES (:{', :'.join(GROUPS)}, {', '.join(_SUMMED[name] for name in SUMS)}) "
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in SUMS)}"
)
_IS_THERE = "SELECT 1 FROM exchanges WHERE key = ?"
_KEEP_READING = "INSERT INTO windows (at, window, used, resets_at, access) VALUES (?, ?, ?, ?, ?)"


def open_to_write(file: Path) -> sqlite3.Connection:
    """The file, made if it is not there, with the tables of this version.

    Raises OSError, sqlite3.Error or NewerLedgerError.
    """
    file.touch(mode=0o600)
    connection = sqlite3.connect(file, timeout=5)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts for a new file
    connection.execute("PRAGMA journal_mode = WAL")  # whoever is killed in the middle leaves a whole file
    connection.execute("PRAGMA synchronous = NORMAL")
    migrate(connection)
    return connection


def open_to_read(file: Path) -> sqlite3.Connection:
    """The file as it is. Raises sqlite3.Error, also if it is not there."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def insert(connection: sqlite3.Connection, item: Row | Reading) -> bool:
    """Add it, and to the sums of its day. False for what another source knows of an answer that is there."""
    if isinstance(item, Reading):
        connection.execute(_KEEP_READING, (item.at, item.window, item.used, item.resets_at, item.access))
        return True
    if item.source != HERE and connection.execute(_IS_THERE, (item.key,)).fetchone():
        return False
    values = asdict(item)
    connection.execute(_KEEP, values)
    connection.execute(_ADD_UP, {**values, "client": item.client.partition("/")[0]})
    return True


def trim(connection: sqlite3.Connection, *, oldest: float, keep_mb: int) -> None:
    """Forget rows from before ``oldest``, and the oldest tenth until the rest fits. Sums are kept."""
    with connection:
        for table in ("exchanges", "windows"):
            connection.execute(f"DELETE FROM {table} WHERE at < ?", (oldest,))
    while _bytes_used(connection) > keep_mb * _MB:
        with connection:
            gone = connection.execute(
                "DELETE FROM exchanges WHERE id IN (SELECT id FROM exchanges ORDER BY at "
                "LIMIT (SELECT COUNT(*) / 10 + 1 FROM exchanges))"
            ).rowcount
        if not gone:
            break
    connection.executescript("PRAGMA incremental_vacuum")  # execute() would free one page and stop


def put_aside(file: Path) -> Path:
    """Rename a damaged file; its new name."""
    aside = file.with_name(f"{file.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}")
    file.rename(aside)
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    return aside


def _bytes_used(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
