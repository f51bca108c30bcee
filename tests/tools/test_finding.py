"""Which files a name pattern finds, and in which order."""

import os
from pathlib import Path

import pytest

from tests.tools.boxes import call, done, refused

FILES = [
    "one.py",
    "two.ts",
    ".hidden/three.py",
    "src/four.py",
    "src/deep/five.tsx",
    "src/deep/[six].py",
    ".git/config.py",
    "src/node_modules/lib/index.ts",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with files of different ages."""
    folder = tmp_path_factory.mktemp("work")
    for age, name in enumerate(FILES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
        os.utime(folder / name, (1000 - age, 1000 - age))
    return folder


def found(folder: Path, pattern: str, **arguments: str) -> list[str]:
    return done(call(folder, "glob", pattern=pattern, **arguments)).splitlines()


@pytest.mark.parametrize(
    ("pattern", "path", "paths"),
    [
        ("**/*.py", ".", ["one.py", ".hidden/three.py", "src/four.py", "src/deep/[six].py"]),
        ("*.py", ".", ["one.py"]),
        ("./*.py", ".", ["one.py"]),
        ("**/*.{ts,tsx}", ".", ["two.ts", "src/deep/five.tsx"]),
        ("*.py", "src", ["src/four.py"]),
        ("**/*.py", "src", ["src/four.py", "src/deep/[six].py"]),
        ("src/**", ".", ["src/four.py", "src/deep/five.tsx", "src/deep/[six].py"]),
        ("**/?our.py", ".", ["src/four.py"]),
        ("**/[[]six].py", ".", ["src/deep/[six].py"]),
        (".git/*", ".", [".git/config.py"]),
        ("*", ".git", [".git/config.py"]),
        ("**/node_modules/**", ".", ["src/node_modules/lib/index.ts"]),
        ("*.rs", ".", ["No files found."]),
        ("src", ".", ["No files found."]),
    ],
)
def test_files_are_found_newest_first(folder: Path, pattern: str, path: str, paths: list[str]) -> None:
    assert found(folder, pattern, path=path) == paths


def test_a_file_is_no_place_to_look(folder: Path) -> None:
    assert refused(call(folder, "glob", pattern="*", path="one.py")) == "path: one.py is a file, not a folder"


def test_only_the_newest_hundred_are_shown(tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / str(number)).touch()
        os.utime(tmp_path / str(number), (number, number))

    lines = found(tmp_path, "*")

    assert lines[:100] == [str(number) for number in range(119, 19, -1)]
    assert lines[100:] == ["", "[120 files; the newest 100 are shown. Narrow the pattern or path.]"]


def test_a_name_that_is_no_text_is_shown_somehow(tmp_path: Path) -> None:
    (tmp_path / "odd\udcff").touch()

    assert found(tmp_path, "*") == ["odd?"]
