"""Commands whose program was killed and can end nothing any more: they end on their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.processes import wait_until
from tests.tools.lingering import STARTED, STARTS, alive

pytestmark = pytest.mark.slow  # it starts Python

PROGRAM = """
import asyncio, sys
from pathlib import Path
from towpath.tools import Toolbox

async def main(folder, command):
    toolbox = Toolbox(Path(folder), allow_bash=True, environment={"PATH": sys.argv[3]})
    await toolbox.call("bash", {"command": command})

asyncio.run(main(*sys.argv[1:3]))
"""
ENDS_WITHIN_SECONDS = 3


@pytest.mark.parametrize("kind", STARTS)
def test_a_command_ends_when_its_program_is_killed(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    command = f"{STARTS[kind]}\n{STARTED}\necho $$ >>pids\necho ready >fifo\nsleep 1000"
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path), command, os.environ["PATH"]]
    with subprocess.Popen(arguments) as program:
        assert (tmp_path / "fifo").read_text() == "ready\n"
        assert len(alive(tmp_path)) == 2
        wait_until(lambda: watchers(program.pid) != [])
        watching = watchers(program.pid)
        program.kill()

    try:
        wait_until(lambda: not alive(tmp_path), ENDS_WITHIN_SECONDS)
        wait_until(lambda: not any(map(is_alive, watching)))
    finally:
        for pid in alive(tmp_path):
            os.kill(pid, signal.SIGKILL)


def watchers(program: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(program).children() if "TOWPATH_COMMAND=" in _script_of(child)]


def _script_of(process: psutil.Process) -> str:
    try:
        return "".join(process.cmdline()[-1:])  # empty at its very beginning and its end
    except psutil.Error:
        return ""


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
