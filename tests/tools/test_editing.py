"""Edits: exact, in one place unless all are wanted, and words that help where there is none."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tools.boxes import call, done, refused
from towpath.tools.deadline import Deadline
from towpath.tools.editing import edited
from towpath.tools.values import RefusedError

TEXTS = st.text(alphabet="ab \né", max_size=12)
# Few different bytes, so that texts occur; some are not UTF-8, alone or next to each other.
BYTES = st.lists(
    st.sampled_from([b"a", b"b", b" ", b"\n", "é".encode(), b"\xc3", b"\xa9", b"\xff"]), max_size=30
).map(b"".join)
fuzzed = settings(deadline=None, max_examples=100)


def refusal(data: bytes, old: str, new: str = "new") -> str:
    with pytest.raises(RefusedError) as error:
        edited(data, old, new, Deadline(60), replace_all=False)
    return str(error.value)


@fuzzed
@given(BYTES, TEXTS, TEXTS, st.booleans())
def test_it_does_what_replace_does(data: bytes, old: str, new: str, replace_all: bool) -> None:
    text = data.decode("utf-8", "surrogateescape")
    count = text.count(old) if old else 0
    if old == new or count == 0 or (count > 1 and not replace_all):
        with pytest.raises(RefusedError):
            edited(data, old, new, Deadline(60), replace_all=replace_all)
    else:
        expected = text.replace(old, new).encode("utf-8", "surrogateescape")
        assert edited(data, old, new, Deadline(60), replace_all=replace_all) == (expected, count)


@fuzzed
@given(st.text(alphabet="ab\n", max_size=20), TEXTS, TEXTS)
@example("a\nb", "a", "x\ny")
@example("a\nb", "a\nb", "x")
def test_lines_that_end_with_crlf_stay_so(text: str, old: str, new: str) -> None:
    data = text.replace("\n", "\r\n").encode()
    try:
        changed, _ = edited(text.encode(), old, new, Deadline(60), replace_all=True)
    except RefusedError:
        return
    # Without a line break in the file nothing says how its lines end.
    expected = changed.replace(b"\n", b"\r\n") if "\n" in text else changed
    assert edited(data, old, new, Deadline(60), replace_all=True)[0] == expected


def test_in_a_file_of_both_line_ends_each_is_found(tmp_path: Path) -> None:
    data = b"a\r\nb\nc\r\nd\n"

    assert edited(data, "b\nc", "x\ny", Deadline(60), replace_all=False)[0] == b"a\r\nx\ny\r\nd\n"
    assert edited(data, "a\nb", "x\ny", Deadline(60), replace_all=False)[0] == b"x\r\ny\nc\r\nd\n"


def test_an_edit_is_carried_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff one one")
    edit = {"file_path": "file", "old_string": "one", "new_string": "two"}

    assert "occurs 2 times" in refused(call(tmp_path, "edit", **edit))
    assert done(call(tmp_path, "edit", **edit, replace_all=True)) == "Edited file: 2 places changed."
    assert (tmp_path / "file").read_bytes() == b"\xff two two"


def test_a_text_that_occurs_often_is_told_with_its_lines() -> None:
    assert refusal(b"x\ny\nx x\n" + b"x\n" * 20, "x").startswith(
        "old_string: occurs 23 times, at lines 1, 3, 4, 5, 6, 7, 8, 9, 10, ...;"
    )


def test_nothing_to_find_says_what_to_use() -> None:
    assert "use write" in refusal(b"x", "")
    assert refusal(b"x", "x", "x") == "new_string: is the same as old_string; nothing would change"


@pytest.mark.parametrize("old", ["def f(a, b):\n    pass", "def f(a,b):\n\tpass", "f( a,b )"])
def test_a_difference_in_white_space_is_told(old: str) -> None:
    words = refusal(b"one\ndef f(a,  b):\n  pass\nend\n", old)

    assert words.startswith("old_string: was not found; the closest match differs only in white space:\n")
    assert "     2\tdef f(a,  b):" in words


def test_lines_like_it_are_told() -> None:
    words = refusal(b"one\n    total = count + 1\nend\n", "total = counts + 1\nmore")

    assert words == "old_string: was not found; lines like its first one:\n     2\t    total = count + 1"


def test_where_nothing_is_like_it_reading_is_the_advice() -> None:
    assert "read the file again" in refusal(b"one\n", "quite another thing")
    assert "read the file again" in refusal(b"one\n" * 10_000, "ones")
    assert "read the file again" in refusal(b"one\n", "\n\n\n")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10_000_001)

    words = refused(call(tmp_path, "edit", file_path="file", old_string="x", new_string="y"))

    assert "over 10000000 bytes" in words
