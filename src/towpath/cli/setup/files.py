"""Changing a configuration of OpenCode on disk: backups, whole writes, notes of what was changed."""

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from towpath.cli.opencode.config import Change

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


class ChangedMeanwhileError(Exception):
    """Somebody wrote to the file after it was read."""


class Note(Change, frozen=True):
    """A change and how the file was before the first one: ``backup`` holds it, or it was ``new``.

    If a person edited the file between two changes it is neither.
    """

    backup: Path | None = None
    new: bool = False


def read(path: Path) -> str | None:
    """The text, its line ends as they are; None if there is no file. Raises OSError, UnicodeDecodeError."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None


def back_up(path: Path, now: datetime) -> Path:
    """Copy a file beside itself, with its mode, to a name that nobody has; the copy's path."""
    first = f"{path.name}.towpath-backup-{now:%Y-%m-%d-%H%M%S}"
    number = 1
    while True:
        copy = path.with_name(first if number == 1 else f"{first}-{number}")
        try:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(path.read_bytes())
        copy.chmod(path.stat().st_mode & 0o7777)
        return copy


def write(path: Path, text: str, *, expected: str | None) -> None:
    """Replace a file's text at once, keeping its mode; a link stays a link.

    Raises ChangedMeanwhileError if the text is not ``expected`` (None: no file) any more, and OSError.
    """
    try:
        _replace(path.resolve(), text, expected)  # configurations are often links into a folder of dotfiles
    except OSError as error:  # whose name is that of the new file, which nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(target: Path, text: str, expected: str | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o7777 if target.exists() else _PRIVATE_FILE
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        if read(target) != expected:
            raise ChangedMeanwhileError
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Notes:
    """What was changed in which file, kept in Towpath's state folder."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "setup"

    def load(self, path: Path) -> Note | None:
        """The note of a file; None if there is none, or none that can be read."""
        try:
            return Note.model_validate_json(self._place(path).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def save(self, path: Path, note: Note) -> None:
        """Remember, in place of an earlier note."""
        for folder in (self._folder.parent, self._folder):  # mode counts for the last one made only
            folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        place = self._place(path)
        write(place, note.model_dump_json(), expected=read(place))

    def drop(self, path: Path) -> None:
        """Forget the note of a file."""
        self._place(path).unlink(missing_ok=True)

    def _place(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.json"
