"""Commands that leave a process, and whether it still runs."""

from pathlib import Path

import psutil

# Each starts a process that would stay, which writes its number.
STARTS = {
    "in the background": "sleep 1000 & echo $! >>pids",
    "in a group of its own": "set -m; sleep 1000 & echo $! >>pids",
    "in a session of its own": "setsid sh -c 'echo $$ >>pids; exec sleep 1000' &",
    "a daemon": "(setsid sh -c 'echo $$ >>pids; exec sleep 1000 >/dev/null 2>&1' &)",
    "deaf": "(trap '' TERM; exec sh -c 'echo $$ >>pids; exec sleep 1000') &",
    "an orphan": "(env -i PATH=\"$PATH\" sh -c 'echo $$ >>pids; exec sleep 1000' &)",
    "without environment": "env -i PATH=\"$PATH\" setsid sh -c 'echo $$ >>pids; exec sleep 1000' &",
}
STARTED = "until [ -s pids ]; do :; done"


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "pids").read_text().split()]


def alive(folder: Path) -> list[int]:
    def is_alive(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    assert pids(folder)
    return [pid for pid in pids(folder) if is_alive(pid)]
