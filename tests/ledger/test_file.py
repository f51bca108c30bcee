"""The ledger's file: it survives a kill, stays small, and takes the steps from one version to the next."""

import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.ledger.conftest import Fill
from tests.support.rows import NOON, row
from towpath.ledger.file import FILE_NAME, insert, open_to_read, open_to_write, put_aside, trim
from towpath.ledger.prices import load_prices
from towpath.ledger.questions import Period, sums_by, total
from towpath.ledger.row import CLAUDE_CODE
from towpath.ledger.schema import COLUMNS, GROUPS, SUMS, VERSION, NewerLedgerError

ALWAYS = Period("2000-01-01", "2100-01-01")

# Writes rows until it is killed, and says after each how many there are.
WRITER = """
import sys
from pathlib import Path
from tests.support.rows import row
from towpath.ledger.file import insert, open_to_write

connection = open_to_write(Path(sys.argv[1]))
for number in range(1, 1_000_000):
    with connection:
        insert(connection, row(output=1))
    print(number, flush=True)
"""


def rows_in(file: Path) -> int:
    with closing(open_to_read(file)) as db:
        return int(db.execute("SELECT COUNT(*) FROM exchanges").fetchone()[0])


def test_it_has_the_columns_of_a_row_and_is_for_its_user_alone(file: Path) -> None:
    with closing(open_to_write(file)) as connection:
        for table, columns in (("exchanges", {"id", *COLUMNS}), ("days", {*GROUPS, *SUMS})):
            assert {one[1] for one in connection.execute(f"PRAGMA table_info({table})")} == columns
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_written_is_there_after_a_kill(file: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, file], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        said = [next(writer.stdout) for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
    written = int(said[-1])

    assert rows_in(file) in (written, written + 1)
    with closing(open_to_write(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        everything = total(sums_by(connection, "day", ALWAYS, load_prices()))
    assert everything.exchanges == everything.output == rows_in(file)


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    with closing(open_to_write(file)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(NewerLedgerError, match=f"version {VERSION + 1}"):
        open_to_write(file)


def test_the_first_version_s_file_is_brought_up_to_date(file: Path) -> None:
    """As it was written by the first version, in ``first_version.sql``."""
    script = Path(__file__).with_name("first_version.sql").read_text()
    with closing(sqlite3.connect(file)) as old:
        old.executescript(script)

    with closing(open_to_write(file)) as connection:
        insert(connection, row(output=1))
        everything = total(sums_by(connection, "model", ALWAYS, load_prices()))
        assert (everything.exchanges, everything.output) == (2, 41)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_an_answer_that_two_sources_know_is_counted_once(file: Path) -> None:
    with closing(open_to_write(file)) as connection, connection:
        assert insert(connection, row(key="msg_1"))
        assert not insert(connection, row(key="msg_1", source=CLAUDE_CODE))
        assert insert(connection, row(key="msg_2", source=CLAUDE_CODE))
        assert not insert(connection, row(key="msg_2", source=CLAUDE_CODE))
        assert insert(connection, row(key="msg_1"))  # a scripted or odd API may say so twice
    assert rows_in(file) == 3


def test_old_rows_go_and_the_sums_of_their_days_stay(file: Path, fill: Fill) -> None:
    fill(row(at=NOON - 10, output=1), row(output=1))
    with closing(open_to_write(file)) as connection:
        trim(connection, oldest=NOON - 5, keep_mb=1)
        assert total(sums_by(connection, "model", ALWAYS, load_prices())).exchanges == 2
    assert rows_in(file) == 1


def test_a_file_that_is_too_large_loses_its_oldest_rows(file: Path, fill: Fill) -> None:
    fill(*(row(at=NOON + number, label="x" * 1000) for number in range(2000)))
    with closing(open_to_write(file)) as connection:
        trim(connection, oldest=0, keep_mb=1)
        (oldest,) = connection.execute("SELECT MIN(at) FROM exchanges").fetchone()
    kept = rows_in(file)

    assert 500 < kept < 1000
    assert oldest == NOON + 2000 - kept
    assert file.stat().st_size < 1.1 * 1024**2


def test_a_damaged_file_is_put_aside_under_a_name_that_says_when(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    for ending in ("", "-wal", "-shm"):
        file.with_name(FILE_NAME + ending).write_text("?")

    aside = put_aside(file)

    assert [path.name for path in tmp_path.iterdir()] == [aside.name]
    assert re.fullmatch(r"usage\.damaged-\d{8}-\d{6}\.db", aside.name)
