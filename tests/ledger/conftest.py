"""Rows, and a ledger's file to put them into."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.rows import row
from towpath.ledger.file import insert, open_to_read, open_to_write
from towpath.ledger.row import Row

Fill = Callable[..., None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a ledger can be."""
    return tmp_path / "usage.db"


@pytest.fixture
def fill(file: Path) -> Fill:
    """Writes rows into it: those given, or one made of the fields that are given."""

    def write(*rows: Row, **fields: object) -> None:
        with closing(open_to_write(file)) as connection, connection:
            for one in rows or (row(**fields),):
                insert(connection, one)

    return write


@pytest.fixture
def db(file: Path, fill: Fill) -> Iterator[sqlite3.Connection]:
    """It, to be read."""
    with closing(open_to_write(file)):
        pass
    with closing(open_to_read(file)) as connection:
        yield connection
