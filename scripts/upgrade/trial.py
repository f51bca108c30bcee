"""One package in its newest release, in a copy of the repository: renewed, installed, tested."""

import json
import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.pin import NPM, UV
from scripts.pin_texts import pinned_in, version_in
from scripts.upgrade.candidates import Asked, Candidate
from scripts.upgrade.report import Outcome, Result, failures_in
from scripts.upgrade.running import Progress, run, uninterrupted

ROOT = Path(__file__).parents[2]
# Compares the versions with docs/clients.md, which is written when they are taken over (docs/upgrading.md).
_OF_THE_DOCUMENT = "tests/clients/test_listed.py"


def asked_in(root: Path) -> Asked:
    """What a copy of the repository asks for."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    npm = json.loads((root / "tests/clients/pins/package.json").read_text())["dependencies"]
    sources = {path.name: path.read_text() for path in sorted((root / "tests/clients").glob("*.py"))}
    return Asked(project["tool"]["uv"]["constraint-dependencies"], npm, sources)


def try_newest(candidate: Candidate, progress: Progress) -> tuple[Result, str]:
    """What came of it, and what the program wrote that failed."""
    old, began = candidate.version, time.monotonic()
    with _copy(f"{candidate.name} {old}", progress) as copy:
        newest = ("python", "-m", "scripts.pin", "--only", candidate.name)
        for words, command in (
            ("looking for the newest", ("run", "--quiet", *newest)),
            ("installing", ("sync",)),
        ):
            code, output = copy.run(words, (UV, *command))
            if code:
                why = tuple(output.strip().splitlines()[-1:])
                return Result(candidate.name, old, None, Outcome.NOT_INSTALLED, why), output
        new = _version_in(asked_in(copy.folder), candidate.name)
        if new == old:
            return Result(candidate.name, old, new, Outcome.NEWEST), ""
        code, output = _test(candidate, copy, new)
    seconds = round(time.monotonic() - began)
    if code == 0:
        return Result(candidate.name, old, new, Outcome.PASSED, seconds=seconds), ""
    why = failures_in(output) or (f"pytest ended with {code}",)
    return Result(candidate.name, old, new, Outcome.FAILED, why, seconds), output


@dataclass(frozen=True)
class _Copy:
    """A clone of what is committed. ``doing`` says for whom, in the line of progress."""

    folder: Path
    doing: str
    progress: Progress

    def run(
        self, words: str, command: Sequence[str], variables: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Its exit code, and what it wrote. Temporary files are beside the copy, and go with it.

        CI is set: what is missing fails then, and is not skipped.
        """
        users = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        own = {"CI": "true", "TMPDIR": str(self.folder.parent), **(variables or {})}
        return run(command, self.folder, {**users, **own}, f"{self.doing}: {words}", self.progress)


@contextmanager
def _copy(doing: str, progress: Progress) -> Iterator[_Copy]:
    folder = Path(tempfile.mkdtemp(prefix="towpath-"))
    try:
        copy = _Copy(folder / "towpath", doing, progress)
        copy.folder.mkdir()
        code, output = copy.run("copying", ("git", "clone", "--quiet", "--shared", str(ROOT), "."))
        if code:
            raise SystemExit(output)
        yield copy
    finally:
        with uninterrupted():  # it takes seconds, and a second Ctrl-C is likely
            shutil.rmtree(folder, ignore_errors=True)


def _test(candidate: Candidate, copy: _Copy, new: str) -> tuple[int, str]:
    # A client's tests are few, and all of them count; the night's tests of the engine take hours.
    variables = {} if candidate.is_sdk else {"TOWPATH_PROFILE": "nightly"}
    if candidate.is_sdk:  # the clients keep their versions, so those that are installed here will do
        (ROOT / ".cache").mkdir(exist_ok=True)
        (copy.folder / ".cache").symlink_to((ROOT / ".cache").resolve())
    pytest = ("run", "--quiet", "pytest", "-q", "--ignore", _OF_THE_DOCUMENT)
    return copy.run(f"testing {new}", (UV, *pytest, *candidate.tests), variables)


def _version_in(asked: Asked, name: str) -> str:
    if name.startswith(NPM):
        return asked.npm[name.removeprefix(NPM)]
    return version_in("\n".join(asked.sources.values()), name) or pinned_in(asked.pins, name)
