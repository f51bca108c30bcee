"""The private folders of a proxy, below its state folder: one a process, and what dead proxies left."""

import os
import shutil
from pathlib import Path

import psutil

_RUNS = "run"


def run_folder(state_dir: Path) -> Path:
    """The folder for this proxy's processes, made anew; those of proxies that are gone are removed."""
    runs = state_dir / _RUNS
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    state_dir.chmod(0o700)
    for folder in runs.iterdir():
        if not _is_alive(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
    own = runs / f"{_name_of(psutil.Process())}-{os.urandom(4).hex()}"
    own.mkdir(mode=0o700)
    return own


def empty_folder(state_dir: Path) -> Path:
    """An empty working directory for conversations that name none."""
    folder = state_dir / "empty"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _name_of(process: psutil.Process) -> str:
    """Tells a process from another one that has its number later; in a container all have the same."""
    return f"{process.pid}-{round(process.create_time() * 1000)}"


def _is_alive(folder_name: str) -> bool:
    pid = folder_name.partition("-")[0]
    try:
        return folder_name.startswith(f"{_name_of(psutil.Process(int(pid)))}-")
    except (ValueError, OverflowError, psutil.NoSuchProcess):
        return False
