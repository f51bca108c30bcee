"""Each row of docs/reliability.md names a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| .* \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
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
    found = _ROW.fullmatch(row)
    return found is not None and f"def {found[2]}(" in (ROOT / found[1]).read_text()
