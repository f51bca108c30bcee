"""Files that are written: whole, with their mode, or not at all."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.tools.boxes import call, done, refused


def test_a_new_file_gets_its_folders(tmp_path: Path) -> None:
    assert done(call(tmp_path, "write", file_path="a/b/file", content="é\n")) == "Created a/b/file."
    assert (tmp_path / "a/b/file").read_text() == "é\n"


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old and longer")
    file.chmod(0o751)

    assert done(call(tmp_path, "write", file_path=str(file), content="new")) == "Replaced file."
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751


def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()

    call(tmp_path, "write", file_path="file", content="")

    assert (tmp_path / "file").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "folder").mkdir()

    assert done(call(tmp_path, "write", file_path="link", content="1")) == "Created folder/file."
    assert done(call(tmp_path, "write", file_path="link", content="2")) == "Replaced folder/file."
    assert (tmp_path / "folder/file").read_text() == "2"
    assert (tmp_path / "link").is_symlink()


def test_another_name_of_the_file_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "other").hardlink_to(tmp_path / "file")

    call(tmp_path, "write", file_path="file", content="new")

    assert (tmp_path / "other").read_text() == "old"


@pytest.mark.parametrize(("tool", "extra"), [("write", {"content": "new"}), ("edit", None)])
def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, extra: dict[str, str] | None
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "file").write_text("old")
    monkeypatch.setattr(os, "fchmod", full)

    arguments: dict[str, Any] = extra or {"old_string": "old", "new_string": "new"}
    words = refused(call(tmp_path, tool, file_path="file", **arguments))

    assert words == "file_path: file cannot be written: the disk is full"
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - hidden names, too
    assert (tmp_path / "file").read_text() == "old"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    assert "is a folder" in refused(call(tmp_path, "write", file_path="folder", content=""))
    assert "is a folder" in refused(call(tmp_path, "write", file_path=".", content=""))


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    words = refused(call(tmp_path, "write", file_path="file/inner", content=""))

    assert words == "file_path: file/inner leads through something that is not a folder"
