"""A folder or file that turns into a link and back while the tools run never leads them outside."""

import itertools
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from towpath.tools.arguments import Edit, Glob, Grep, Read, Write
from towpath.tools.deadline import Deadline
from towpath.tools.editing import edit
from towpath.tools.finding import glob
from towpath.tools.reading import read
from towpath.tools.searching import grep
from towpath.tools.values import RefusedError, Result, Text
from towpath.tools.workspace import Workspace
from towpath.tools.writing import write

SECRET = "the secret"
# It ends after this many calls were refused and as many carried out, or after this many seconds.
OFTEN, SECONDS = 100, 0.4
RG = str(Path(sys.prefix, "bin", "rg"))  # of the package ripgrep


@contextmanager
def swapped(one: Path, other: Path, target: Path) -> Iterator[None]:
    """Meanwhile ``one`` is now itself, now a link to ``target``."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            one.rename(other)
            with suppress(FileExistsError):  # the tool has made it again
                one.symlink_to(target)
            remove(one)
            while other.exists():
                with suppress(OSError):
                    other.rename(one)
                if other.exists():
                    remove(one)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def remove(path: Path) -> None:
    """Remove what is there by now, the link itself where it is one."""
    with suppress(OSError):
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(params=["folder", "file"])
def racing(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A workspace in which ``folder/file`` is now its own, now the secret outside."""
    work, outside = tmp_path / "work", tmp_path / "outside"
    for folder in (work / "folder", outside):
        folder.mkdir(parents=True)
    (outside / "file").write_text(SECRET)
    (outside / "only-outside").write_text(SECRET)
    (work / "folder/file").write_text("own content")
    one = work / "folder" if request.param == "folder" else work / "folder/file"
    target = outside if request.param == "folder" else outside / "file"
    with swapped(one, work / ".other", target):
        yield work
    assert sorted(os.listdir(outside)) == ["file", "only-outside"]  # noqa: PTH208
    assert (outside / "file").read_text() == SECRET


def words_of(results: list[Result]) -> str:
    return "\n".join(part.text for result in results for part in result.content if isinstance(part, Text))


def repeated(act: Callable[[], Result | tuple[str, str]]) -> list[Result]:
    """The results of enough calls. Some must be carried out, or nothing would have been raced."""
    results: list[Result] = []
    refused = 0
    end = time.monotonic() + SECONDS
    while not results or (min(len(results), refused) < OFTEN and time.monotonic() < end):
        try:
            result = act()
            results.append(result if isinstance(result, Result) else Result(()))
        except RefusedError:
            refused += 1
    return results


def test_reading_never_shows_the_secret(racing: Path) -> None:
    workspace = Workspace(racing)

    assert SECRET not in words_of(
        repeated(lambda: read(workspace, Read(file_path="folder/file"), Deadline()))
    )


@pytest.mark.parametrize("path", [".", "folder"])
def test_searching_never_shows_the_secret(racing: Path, path: str) -> None:
    workspace = Workspace(racing)
    arguments = Grep(pattern="secret|own", path=path, output_mode="content")

    assert SECRET not in words_of([grep_or_nothing(workspace, arguments) for _ in range(100)])


def grep_or_nothing(workspace: Workspace, arguments: Grep) -> Result:
    try:
        return grep(workspace, arguments, Deadline(), rg=RG)
    except RefusedError:
        return Result(())


def test_finding_never_shows_what_is_outside(racing: Path) -> None:
    workspace = Workspace(racing)

    assert "only-outside" not in words_of(
        [glob(workspace, Glob(pattern="**"), Deadline()) for _ in range(100)]
    )


def test_writing_never_reaches_outside(racing: Path) -> None:
    workspace = Workspace(racing)

    repeated(lambda: write(workspace, Write(file_path="folder/file", content="new")))


def test_editing_never_reaches_outside(racing: Path) -> None:
    workspace = Workspace(racing)
    there_and_back = itertools.cycle([("own", "new"), ("new", "own")])

    def change() -> tuple[str, str]:
        old, new = next(there_and_back)
        return edit(workspace, Edit(file_path="folder/file", old_string=old, new_string=new), Deadline())

    repeated(change)
