"""The private folders of a proxy, below its state folder: one a process, and what dead proxies left."""

import os
import shutil
from pathlib import Path

_RUNS = "run"


def run_folder(state_dir: Path) -> Path:
    """The folder for this proxy's processes, made anew; those of proxies that are gone are removed."""
    runs = state_dir / _RUNS
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    state_dir.chmod(0o700)
    for folder in runs.iterdir():
        if not _is_alive(folder.name.partition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)
    own = runs / f"{os.getpid()}-{os.urandom(4).hex()}"
    own.mkdir(mode=0o700)
    return own


def empty_folder(state_dir: Path) -> Path:
    """An empty working directory for conversations that name none."""
    folder = state_dir / "empty"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True  # another user's process has this number now
    return True
