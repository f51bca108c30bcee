"""The private folders of a proxy, below its state folder: one a process, and what dead proxies left."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from towpath.agent.leftovers import remove_folder

_RUNS, _EMPTY, _ADDITIONS = "run", "empty", "additions"
# Measured: a CLI ends within 0.07 s of SIGTERM.
_ENDS_WITHIN_SECONDS = 2.0
# Any other name was not made here, and says nothing about a process.
_NAME = re.compile(r"\d+-\d+-[0-9a-f]{8}")
_PROC_STARTED = 19  # of the fields after the name, proc(5)


class FolderError(Exception):
    """A folder that cannot hold conversations, in words for a person."""


def make_private(state_dir: Path) -> None:
    """Make the state folder and those below it where they are missing; their user alone may enter them.

    Raises FolderError. Nothing is made in a folder of somebody else, and its mode is left alone.
    """
    for folder in (state_dir, *(state_dir / name for name in (_RUNS, _EMPTY, _ADDITIONS))):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_owner(folder)
            folder.chmod(0o700)
        except OSError as error:
            raise FolderError(f"{folder} cannot be used: {error.strerror or error}.") from error


def check_owner(folder: Path) -> None:
    """Raises FolderError for a folder of somebody else, OSError for one that is not there."""
    if is_of_another_user(folder):
        raise FolderError(
            f"{folder} belongs to another user, or is a link that leads to a folder of theirs. "
            "Conversations are kept there, so it must be yours."
        )


def is_of_another_user(folder: Path) -> bool:
    """Whether a folder, or the link that leads to it, belongs to somebody else. Raises OSError."""
    return any(seen.st_uid != os.geteuid() for seen in (folder.lstat(), folder.stat()))


def run_folder(state_dir: Path) -> Path:
    """A new folder for this proxy's processes. Raises FolderError.

    The folders of proxies that are gone are removed, after processes that still use them have been ended,
    which can take 2 s. Call it before this proxy has processes.
    """
    make_private(state_dir)
    runs = state_dir / _RUNS
    dead = [folder for folder in runs.iterdir() if not _is_alive(folder.name)]
    _end_users_of(dead)
    for folder in dead:
        remove_run_folder(folder)
    own = runs / f"{_name_of(psutil.Process())}-{os.urandom(4).hex()}"
    own.mkdir(mode=0o700)
    return own


def remove_run_folder(folder: Path) -> None:
    """Remove the folder of a proxy without processes, and what these left elsewhere."""
    for of_a_process in folder.glob("*"):
        remove_folder(of_a_process)
    shutil.rmtree(folder, ignore_errors=True)


def empty_folder(state_dir: Path) -> Path:
    """An empty working directory for conversations that name none."""
    return state_dir / _EMPTY


def additions_folder(state_dir: Path) -> Path:
    """What the CLI added to conversations; kept over restarts."""
    return state_dir / _ADDITIONS


def _name_of(process: psutil.Process) -> str:
    """A name that no later process with the same number gets; in a container every proxy has the same number.

    On Linux it has the ticks from the machine's start to the process's own. The time of day would not do:
    psutil calculates it from the machine's start, which moves with each correction of the clock, and a living
    proxy would be taken for a dead one.
    """
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        return f"{process.pid}-{stat.rpartition(')')[2].split()[_PROC_STARTED]}"
    except (FileNotFoundError, ProcessLookupError):
        return f"{process.pid}-{round(process.create_time() * 1000)}"


def _is_alive(folder_name: str) -> bool:
    pid = folder_name.partition("-")[0]
    try:
        return folder_name.startswith(f"{_name_of(psutil.Process(int(pid)))}-")
    except (ValueError, OverflowError, psutil.NoSuchProcess):
        return False


def _end_users_of(folders: Sequence[Path]) -> None:
    """End the processes whose environment names a file or folder below one of these: CLIs and commands."""
    names = [folder.name for folder in folders if _NAME.fullmatch(folder.name)]
    users = list(_users_of(names)) if names else []
    for user in users:
        with contextlib.suppress(psutil.Error):
            user.terminate()
    for user in psutil.wait_procs(users, timeout=_ENDS_WITHIN_SECONDS)[1]:
        with contextlib.suppress(psutil.Error):
            user.kill()


def _users_of(names: Sequence[str]) -> Iterator[psutil.Process]:
    parts = [f"/{name}/" for name in names]  # with its random digits no other path has one
    own = psutil.Process()
    spared = {own.pid, *(parent.pid for parent in own.parents())}  # a command may have started this proxy
    for process in psutil.process_iter():
        if process.pid in spared:
            continue
        try:
            values = process.environ().values()
        except (psutil.Error, OSError):
            continue  # another user's, or gone by now
        if any(part in value for value in values for part in parts):
            yield process
