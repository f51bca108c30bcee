"""What the model sees of a file."""

import os
from pathlib import Path

import pytest

from tests.tools.boxes import call, done, refused
from towpath.tools import Image

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def read(folder: Path, content: bytes, **arguments: int) -> str:
    (folder / "file").write_bytes(content)
    return done(call(folder, "read", file_path="file", **arguments))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"one\ntwo\n", "     1\tone\n     2\ttwo"),
        (b"one\r\ntwo", "     1\tone\n     2\ttwo"),
        (b"\n\n", "     1\t\n     2\t"),
        ("\ufeffé".encode(), "     1\té"),
        (b"", "(file is empty.)"),
        (
            b"a\xffb\n",
            "     1\ta\ufffdb\n\n[Lines with bytes that are not UTF-8, shown as \ufffd: 1.]",
        ),
    ],
)
def test_lines_have_numbers(tmp_path: Path, content: bytes, shown: str) -> None:
    assert read(tmp_path, content) == shown


def test_a_part_says_how_to_go_on(tmp_path: Path) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(1, 10))

    assert read(tmp_path, lines, offset=3, limit=2) == (
        "     3\tline 3\n     4\tline 4\n\n[The file goes on: lines 3 to 4 are shown. Read on with offset 5.]"
    )
    assert read(tmp_path, lines, offset=9) == "     9\tline 9"
    assert refused(call(tmp_path, "read", file_path="file", offset=10)) == "offset: the file has only 9 lines"


def test_without_a_limit_2000_lines_are_shown(tmp_path: Path) -> None:
    shown = read(tmp_path, b"x\n" * 2001)

    assert "lines 1 to 2000 are shown" in shown
    assert shown.count("\tx") == 2000


def test_much_text_is_shown_in_parts(tmp_path: Path) -> None:
    shown = read(tmp_path, (b"x" * 1000 + b"\n") * 1000)

    assert 250_000 < len(shown) < 260_000
    assert "Read on with offset" in shown


@pytest.mark.parametrize("length", [2001, 8003, 8004, 8005, 20_000])
def test_a_long_line_is_cut_and_the_next_one_is_not_lost(tmp_path: Path, length: int) -> None:
    shown = read(tmp_path, b"x" * length + b"\nnext\n")

    assert shown.splitlines()[0] == "     1\t" + "x" * 2000
    assert shown.splitlines()[1] == "     2\tnext"
    assert "[Lines longer than 2000 characters, which were cut: 1.]" in shown


def test_a_line_cut_within_a_character_is_still_text(tmp_path: Path) -> None:
    shown = read(tmp_path, ("a" + "é" * 9000).encode())

    assert "not UTF-8" not in shown


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_shown(tmp_path: Path, content: bytes, media_type: str) -> None:
    (tmp_path / "file").write_bytes(content)

    assert call(tmp_path, "read", file_path="file").content == (Image(content, media_type),)


def test_a_large_picture_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(PNG)
    os.truncate(tmp_path / "file", 5_000_001)

    assert "at most 5000000" in refused(call(tmp_path, "read", file_path="file"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 text", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"text\0text", "a binary file"),
        ("text".encode("utf-16"), "UTF-16 text"),
    ],
)
def test_another_binary_file_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(content)

    words = refused(call(tmp_path, "read", file_path="file"))

    assert kind in words
    assert f"{len(content)} bytes" in words


def test_a_folder_says_what_to_use(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    assert refused(call(tmp_path, "read", file_path="folder")) == (
        "file_path: folder is a folder; list its files with glob"
    )
