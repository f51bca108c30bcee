"""Folders of somebody else."""

import os
from pathlib import Path

_SOMEBODY = 54321


def strangers_folder(parent: Path) -> Path:
    """A folder of another user, open to all. Who is not root can make none, and gets one of root's."""
    if os.geteuid() != 0:
        return Path("/usr")
    folder = parent / "theirs"
    folder.mkdir()
    folder.chmod(0o777)
    os.chown(folder, _SOMEBODY, _SOMEBODY)
    return folder
