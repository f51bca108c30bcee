"""Each row of docs/reliability.md names a test that exists."""

import re
from pathlib import Path

from tests.support.named_tests import exists, named_tests

ROOT = Path(__file__).parent.parent
_TABLE = re.compile(r"^\| what happens .*\n\|---.*\n((?:\|.*\n)+)", re.MULTILINE)


def tables() -> list[list[str]]:
    text = (ROOT / "docs/reliability.md").read_text()
    return [rows.splitlines() for rows in _TABLE.findall(text)]


def test_there_is_a_table_for_each_part() -> None:
    assert len(tables()) == 5
    assert sum(map(len, tables())) >= 30


def test_each_row_ends_in_the_name_of_a_test_that_exists() -> None:
    assert [row for table in tables() for row in table if not is_proven(row)] == []


def is_proven(row: str) -> bool:
    last = row.removesuffix(" |").rpartition(" | ")[2]
    return list(map(exists, named_tests(last))) == [True]
