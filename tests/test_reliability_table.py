"""Each row of docs/reliability.md names a test that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| .* \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
_TABLE = re.compile(r"^\| what happens .*\n\|---.*\n((?:\|.*\n)+)", re.MULTILINE)


def tables() -> list[list[str]]:
    text = (ROOT / "docs/reliability.md").read_text()
    return [rows.splitlines() for rows in _TABLE.findall(text)]


def test_there_is_a_table_for_each_part() -> None:
    assert len(tables()) == 5
    assert sum(map(len, tables())) >= 30


@pytest.mark.parametrize("row", [row for table in tables() for row in table])
def test_the_test_of_a_row_exists(row: str) -> None:
    found = _ROW.fullmatch(row)

    assert found, "a row ends in the name of its test"
    file, test = found.groups()
    assert f"def {test}(" in (ROOT / file).read_text()
