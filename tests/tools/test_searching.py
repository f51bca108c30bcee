"""Searches, each by ripgrep and by ``regex``: both say the same."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tools.boxes import said
from towpath.tools.arguments import Grep
from towpath.tools.deadline import Deadline
from towpath.tools.matching import Matcher
from towpath.tools.searching import grep
from towpath.tools.values import RefusedError
from towpath.tools.workspace import Workspace

RG = str(Path(sys.prefix, "bin", "rg"))  # of the package ripgrep
FILES = {
    "a.txt": b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n",
    "b/code.py": b"def one():\r\n    return 'One'\r\n",
    "b/last-line.py": b"import one",
    "c/binary": b"one\0one\n",
    "c/empty": b"",
    "c/odd.txt": b"\xef\xbb\xbfone \xff one\nk\xe2\x84\xaa \xc3\x9f\n",
    ".git/config": b"one\n",
    "b/node_modules/one.js": b"one\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the files of this module."""
    folder = tmp_path_factory.mktemp("work")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def search(folder: Path, rg: str | None, **arguments: Any) -> str:
    values = {key.replace("_", "-") if key.startswith("_") else key: arguments[key] for key in arguments}
    try:
        return said(grep(Workspace(folder), msgspec.convert(values, Grep), Deadline(60), rg=rg))
    except RefusedError as refusal:
        return f"refused: {refusal}"


def lines(folder: Path, **arguments: Any) -> list[str]:
    """What both engines say, in the mode content."""
    by_ripgrep, by_regex = (search(folder, rg, output_mode="content", **arguments) for rg in (RG, None))
    assert by_ripgrep == by_regex
    return by_regex.splitlines()


def test_ripgrep_is_really_used(folder: Path) -> None:
    matcher = Matcher("one|two", ignore_case=False, multiline=False, rg=RG)

    assert list(matcher.matching([b"one\n", b"\n\ntwo\n", b"", b"x\none\n"], Deadline(60))) == [0, 3, 5]
    assert matcher._rg == RG


def test_files_are_the_default(folder: Path) -> None:
    for rg in (RG, None):
        assert search(folder, rg, pattern="one") == "a.txt\nb/code.py\nb/last-line.py\nc/odd.txt"
        assert search(folder, rg, pattern="e", output_mode="count", path="b") == (
            "b/code.py:2\nb/last-line.py:1"
        )


@pytest.mark.parametrize(
    ("pattern", "more", "shown"),
    [
        ("^t", {}, ["a.txt:2:two", "a.txt:3:three"]),
        ("nothing", {}, ["No matches found."]),
        ("'one'", {"_i": True}, ["b/code.py:2:    return 'One'"]),
        (r"\):$", {}, ["b/code.py:1:def one():"]),
        (r"^\w+ \w+$", {"path": "b"}, ["b/last-line.py:1:import one"]),
        ("three", {"_n": False}, ["a.txt:three"]),
        ("three", {"_C": 1}, ["a.txt-2-two", "a.txt:3:three", "a.txt-4-four"]),
        ("^five|three", {"_A": 1}, ["a.txt:3:three", "a.txt-4-four", "a.txt:5:five", "a.txt-6-six"]),
        ("two|seven", {"_B": 1}, ["a.txt-1-one", "a.txt:2:two", "--", "a.txt-6-six", "a.txt:7:seven"]),
        # Context does not run into the next file.
        (
            "seven|def one",
            {"_C": 1},
            ["a.txt-6-six", "a.txt:7:seven", "--", "b/code.py:1:def one():", "b/code.py-2-    return 'One'"],
        ),
        ("one", {"glob": "*.py"}, ["b/code.py:1:def one():", "b/last-line.py:1:import one"]),
        ("one", {"glob": "b/*.py", "path": "."}, ["b/code.py:1:def one():", "b/last-line.py:1:import one"]),
        ("one", {"path": "b", "glob": "c*"}, ["b/code.py:1:def one():"]),
        ("one", {"path": ".git"}, [".git/config:1:one"]),
        ("one", {"path": "b/node_modules/one.js"}, ["b/node_modules/one.js:1:one"]),
        ("one", {"path": "c/binary"}, ["c/binary:1:one\0one"]),
        ("one", {"path": "c/empty"}, ["No matches found."]),
        ("^$", {"path": "c"}, ["No matches found."]),
        ("x*", {"path": "b/last-line.py"}, ["b/last-line.py:1:import one"]),
        ("^one . one$", {}, ["c/odd.txt:1:one \ufffd one"]),
        ("kk", {"_i": True}, ["c/odd.txt:2:k\u212a ß"]),
        ("ss", {"_i": True}, ["No matches found."]),
        ("[a-z&&[^a-s]]hree", {}, ["a.txt:3:three"]),
        ("[[:upper:]]ne", {}, ["b/code.py:2:    return 'One'"]),
        # A line is all that a pattern sees.
        (r"one\s+two", {}, ["No matches found."]),
        ("one[^x]two", {}, ["No matches found."]),
        (r"one\ntwo", {}, ["No matches found."]),
        # ripgrep cannot read these.
        ("(?<=t)wo", {}, ["a.txt:2:two"]),
        (r"(e)\1", {"path": "a.txt"}, ["a.txt:3:three"]),
        ("-e", {}, ["No matches found."]),
        ("(", {}, ["refused: pattern: missing ); escape characters that are meant literally"]),
        (r"one\ntwo", {"multiline": True}, ["a.txt:1:one", "a.txt:2:two"]),
        ("five.*seven", {"multiline": True}, ["a.txt:5:five", "a.txt:6:six", "a.txt:7:seven"]),
        (r"^def[^\n]*\n", {"multiline": True}, ["b/code.py:1:def one():"]),
        # A match ends with its file.
        ("seven.*def", {"multiline": True}, ["No matches found."]),
        ("one", {"head_limit": 1}, ["a.txt:1:one", "", "[Cut after line 1. "]),
    ],
)
def test_lines_are_found(folder: Path, pattern: str, more: dict[str, Any], shown: list[str]) -> None:
    found = lines(folder, pattern=pattern, **more)

    assert found[:-1] == shown[:-1]
    assert found[-1].startswith(shown[-1])


def test_large_files_are_searched_only_by_name(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"one\n" + b"x" * 10_000_000)

    assert lines(tmp_path, pattern="one") == ["No matches found."]
    assert search(tmp_path, RG, pattern="one", path="large", output_mode="content") == "large:1:one"


def test_long_lines_and_much_output_are_cut(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes((b"x" * 1000 + b"\n") * 100)

    found = lines(tmp_path, pattern="x")

    assert found[0] == "long:1:" + "x" * 500 + " [cut]"
    assert found[-1].startswith("[Cut after line 58.")


def test_many_files_go_to_ripgrep_in_parts(tmp_path: Path) -> None:
    """Of 4 MB: these are four."""
    long = "no" * 500_000 + "\n"
    for number in range(13):
        (tmp_path / f"{number:02}").write_text(long + "no\n" * number + "one\n")

    assert lines(tmp_path, pattern="one") == [f"{number:02}:{number + 2}:one" for number in range(13)]


@pytest.mark.parametrize("content", ["exit 2", "exit 0"])
def test_without_a_working_ripgrep_regex_is_used(folder: Path, tmp_path: Path, content: str) -> None:
    assert search(folder, str(tmp_path / "missing"), pattern="two") == "a.txt"
    broken = tmp_path / "rg"
    broken.write_text(f"#!/bin/sh\ncat >/dev/null\n{content}\n")
    broken.chmod(0o755)
    assert search(folder, str(broken), pattern="two") == (
        "a.txt" if content == "exit 2" else "No matches found."
    )


TEXTS = st.lists(st.text(alphabet="ab \n\r\té", max_size=15), min_size=1, max_size=4)
PATTERNS = st.lists(
    st.sampled_from(
        ["a", "b", ".", r"\s", r"\w", r"\b", "^", "$", "a+", "b*", "[^a]", "(?:ab)?", "|", "é", " "]
    ),
    min_size=1,
    max_size=4,
).map("".join)


@settings(deadline=None, max_examples=60)
@given(TEXTS, PATTERNS, st.booleans())
@example(["\ufeffa"], "^a", False)  # ripgrep would leave out a byte order mark
def test_both_engines_find_the_same_lines(texts: list[str], pattern: str, ignore_case: bool) -> None:
    lines = [f"{text}\n".replace("\r\n", "\n").encode() for text in texts]
    by_ripgrep, by_regex = (
        Matcher(pattern, ignore_case=ignore_case, multiline=False, rg=rg) for rg in (RG, None)
    )

    assert list(by_ripgrep.matching(lines, Deadline(60))) == list(by_regex.matching(lines, Deadline(60)))


def test_lines_end_with_a_line_feed_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a\rb\x0bc\u2028d\n\nd")

    for rg in (RG, None):
        found = search(tmp_path, rg, pattern="d", output_mode="content")
        assert found == "file:1:a\rb\x0bc\u2028d\nfile:3:d"
