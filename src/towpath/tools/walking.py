"""Walks the files below a folder, from open folder to open folder, never through a link."""

import os
from collections.abc import Collection, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from towpath.tools.values import RefusedError
from towpath.tools.workspace import Place, open_folder, open_regular

SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__"})
# Each level keeps a folder open.
_MAX_DEPTH = 100


@dataclass(frozen=True)
class Found:
    """A file on the walk; usable until the next one is asked for. ``path`` is relative to the start."""

    path: str
    folder: int
    entry: os.DirEntry[str]

    def modified(self) -> float | None:
        """When it was changed last, in seconds of the epoch; None if it is gone by now."""
        try:
            return self.entry.stat(follow_symlinks=False).st_mtime
        except OSError:
            return None

    def open(self) -> int | None:
        """Open it; None if it is gone by now, has become something else or may not be read."""
        try:
            return open_regular(self.folder, self.entry.name)
        except OSError:
            return None


def walk(folder: int, *, skipped: Collection[str], prefix: str = "", depth: int = 0) -> Generator[Found]:
    """The regular files below an open folder, sorted by name, folders after files.

    Folders that cannot be read, or are gone by now, are left out.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        if entry.is_file(follow_symlinks=False):
            yield Found(prefix + entry.name, folder, entry)
    for entry in found:
        if entry.name in skipped or depth == _MAX_DEPTH or not entry.is_dir(follow_symlinks=False):
            continue
        try:
            inner = open_folder(folder, entry.name)
        except OSError:
            continue
        try:
            yield from walk(inner, skipped=skipped, prefix=f"{prefix}{entry.name}/", depth=depth + 1)
        finally:
            os.close(inner)


@contextmanager
def files_below(place: Place, skipped: Collection[str] = SKIPPED) -> Iterator[Iterator[Found]]:
    """The walk from a place, which must be a folder. Raises OSError, RefusedError if it is a file."""
    if not place.is_folder():
        raise RefusedError(f"{place.parameter}: {place.path} is a file, not a folder")
    folder = place.open_folder()
    try:
        with closing(walk(folder, skipped=skipped)) as files:
            yield files
    finally:
        os.close(folder)
