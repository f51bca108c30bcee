"""The thread that writes. Whatever happens to the file: rows wait, or a new file is begun, and it is said."""

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.limits import full, small_disk
from tests.support.processes import wait_until
from tests.support.rows import row
from towpath.ledger.file import open_to_read, open_to_write
from towpath.ledger.writer import LedgerWriter


class Told:
    """What a writer says, as it comes."""

    def __init__(self) -> None:
        self.sentences: queue.Queue[str] = queue.Queue()

    def next(self) -> str:
        return self.sentences.get(timeout=100)


@contextmanager
def writing(file: Path) -> Iterator[tuple[LedgerWriter, Told]]:
    told = Told()
    writer = LedgerWriter(file, keep_days=366, keep_mb=100, say=told.sentences.put)
    try:
        yield writer, told
    finally:
        writer.close()


def outputs(file: Path) -> list[int]:
    with closing(open_to_read(file)) as db:
        return [one for (one,) in db.execute("SELECT output FROM exchanges ORDER BY id")]


def test_all_that_was_put_is_there_when_it_has_been_closed(file: Path) -> None:
    with writing(file) as (writer, told):
        for number in range(1000):
            writer.put(row(at=1_795_000_000.0, output=number))

    assert outputs(file) == list(range(1000))
    assert told.sentences.empty()


def test_a_reader_sees_what_was_written_while_it_goes_on(file: Path) -> None:
    with writing(file) as (writer, _):
        writer.put(row(output=1))
        wait_until(lambda: file.exists() and "exchanges" in tables(file) and outputs(file) == [1])


def tables(file: Path) -> list[str]:
    with closing(open_to_read(file)) as db:
        return [name for (name,) in db.execute("SELECT name FROM sqlite_master")]


@pytest.mark.parametrize("text", ["this is no ledger", ""])
def test_a_file_that_is_none_is_put_aside(file: Path, text: str) -> None:
    file.write_text(text * 1000)
    with writing(file) as (writer, told):
        writer.put(row(output=1))
        if text:
            assert "damaged" in told.next()

    assert outputs(file) == [1]
    kept = list(file.parent.glob("usage.damaged-*"))
    assert [path.read_text() for path in kept] == ([text * 1000] if text else [])


def test_a_file_that_is_damaged_while_it_is_written_is_put_aside(file: Path) -> None:
    with writing(file) as (writer, told):
        writer.put(row(output=1))
        wait_until(lambda: file.exists() and "exchanges" in tables(file) and outputs(file) == [1])
        with closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with file.open("r+b") as inside:
            inside.write(b"\0" * file.stat().st_size)
        writer.put(row(output=2))
        assert "damaged" in told.next()

    assert outputs(file) == [2]


def test_rows_wait_until_there_is_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "later" / "usage.db"
    with writing(file) as (writer, told):
        writer.put(row(output=1))
        assert "cannot be written: [Errno 2] No such file" in told.next()
        assert writer.trouble is not None
        file.parent.mkdir()
        writer.put(row(output=2))
        assert told.next() == "The ledger is written again."
        assert writer.trouble is None

    assert outputs(file) == [1, 2]
    assert told.sentences.empty()


def test_a_ledger_of_a_newer_version_is_left_alone(file: Path) -> None:
    with closing(open_to_write(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with writing(file) as (writer, told):
        writer.put(row(output=1))
        assert "version 99" in told.next()

    assert outputs(file) == []


def test_rows_wait_until_the_disk_has_room(tmp_path: Path) -> None:
    file = tmp_path / "disk" / "usage.db"
    with small_disk(file.parent, size_kb=512):
        with writing(file) as (writer, told):
            with full(file.parent):
                writer.put(row(output=1))
                assert "cannot be written" in told.next()
            writer.put(row(output=2))
            assert told.next() == "The ledger is written again."

        assert outputs(file) == [1, 2]
