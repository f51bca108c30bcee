"""What is left on the machine: processes of proxies that are gone, and space on the disk."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from towpath.cli.doctor.findings import Finding, ok, problem, warning
from towpath.cli.doctor.shell import command_line
from towpath.cli.obstacles import nearest, on_this_machine
from towpath.sessions.memory_budget import MIB
from towpath.settings import Settings

# A conversation's files are below 100 MB, and up to 20 of them may run.
_TOO_LITTLE_MIB = 200
_LITTLE_MIB = 1024


@dataclass(frozen=True)
class CliProcess:
    """A running CLI: its number, that of the proxy its folder is named after, and that of its parent."""

    pid: int
    proxy: int | None
    parent: int | None


def stale_processes(state_dir: Path) -> Finding:
    return judge_processes(cli_processes(state_dir))


def cli_processes(state_dir: Path) -> list[CliProcess]:
    """The CLIs that work on files below a state folder, no matter who started them."""
    runs = f"--resume={state_dir / 'run'}{os.sep}"
    found = []
    for process in psutil.process_iter(["cmdline"]):
        for argument in process.info["cmdline"] or ():
            if argument.startswith(runs):
                number = argument.removeprefix(runs).partition("-")[0]
                proxy = int(number) if number.isdecimal() else None
                found.append(CliProcess(process.pid, proxy, _parent_of(process)))
    return found


def judge_processes(processes: Sequence[CliProcess]) -> Finding:
    # Who loses its parent is given another one: that of the folder's name is the parent no more.
    stale = [str(one.pid) for one in processes if one.proxy is None or one.parent != one.proxy]
    if not stale:
        return ok(f"none; {len(processes)} in use" if processes else "none")
    count = "1 CLI process has" if len(stale) == 1 else f"{len(stale)} CLI processes have"
    detail = f"{count} outlived the server that started it: {', '.join(stale)}"
    return warning(detail, command_line(["kill", *stale]))


def folders_and_host(settings: Settings) -> Finding:
    """Whether a server could work with the folders and the address that it is given."""
    for obstacle in on_this_machine(settings):
        return problem(obstacle.detail, obstacle.remedy)
    return ok(f"{settings.state_dir} can be written to, and {settings.host} be listened on")


def disk_space(state_dir: Path) -> Finding:
    return judge_disk(state_dir, shutil.disk_usage(nearest(state_dir)).free // MIB)


def judge_disk(state_dir: Path, free_mib: int) -> Finding:
    """``free_mib``: space that is left where the folder is, or will be."""
    elsewhere = "set CLAUDE_PROXY_STATE_DIR to a folder elsewhere"
    if free_mib < _TOO_LITTLE_MIB:
        return problem(f"only {free_mib} MB are free at {state_dir}", f"make room, or {elsewhere}")
    if free_mib < _LITTLE_MIB:
        return warning(f"{free_mib} MB are free at {state_dir}", f"make room soon, or {elsewhere}")
    return ok(f"{free_mib // 1024} GB are free at {state_dir}")


def _parent_of(process: psutil.Process) -> int | None:
    """None where the parent is gone."""
    try:
        parent = process.parent()
    except psutil.Error:
        return None
    return parent.pid if parent else None
