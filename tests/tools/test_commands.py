"""Commands: what is told of them, and that nothing of them stays."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.tools.boxes import call, done, refused, with_toolbox
from tests.tools.lingering import STARTED, STARTS, alive
from towpath.tools import Result, Toolbox
from towpath.tools.ending import GRACE_SECONDS
from towpath.tools.output import Output


def when_ready(
    folder: Path,
    command: str,
    act: Callable[[Toolbox, asyncio.Task[Result]], Awaitable[None]],
    *,
    grace_seconds: float = GRACE_SECONDS,
) -> None:
    """Run a command that waits for ever, and ``act`` on it when its processes run."""
    os.mkfifo(folder / "fifo")

    async def use(toolbox: Toolbox) -> None:
        wait = f"{command}\n{STARTED}\necho ready >fifo\nsleep 1000"
        task = asyncio.create_task(toolbox.call("bash", {"command": wait}))
        assert await asyncio.to_thread((folder / "fifo").read_text) == "ready\n"
        assert alive(folder)
        await act(toolbox, task)

    with_toolbox(folder, use, grace_seconds=grace_seconds)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo out; echo err >&2", "out\nerr"),
        ("true", "(no output)"),
        ("cat", "(no output)"),
        ("pwd", "{w}"),
        ("printf '\\377x'", "\ufffdx"),
        ("[[ a == a ]] && echo bash", "bash"),
        ("echo $TOWPATH_TEST_SECRET", "(no output)"),
    ],
)
def test_what_a_command_says_is_the_result(
    tmp_path: Path, command: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOWPATH_TEST_SECRET", "a secret")  # only what was given is in the environment

    assert done(call(tmp_path, "bash", command=command)).strip("\n") == words.format(w=tmp_path)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo no; exit 3", "no\n[exit code 3]"),
        ("kill -KILL $$", "[ended by signal SIGKILL]"),
        ("no-such-program-here", "[exit code 127]"),
    ],
)
def test_how_it_failed_is_said(tmp_path: Path, command: str, words: str) -> None:
    assert done(call(tmp_path, "bash", command=command)).endswith(words)


def test_too_long_a_timeout_is_cut(tmp_path: Path) -> None:
    assert done(call(tmp_path, "bash", command="echo x", timeout=700_000)) == (
        "x\n[timeout: cut to the longest, 600000 ms]"
    )


def test_huge_output_keeps_its_ends(tmp_path: Path) -> None:
    words = done(call(tmp_path, "bash", command="echo first; head -c 20000000 /dev/zero; echo; echo last"))

    assert words.startswith("first\n")
    assert words.endswith("last")
    assert "bytes left out" in words
    assert len(words) < 31_000


async def test_huge_output_takes_little_memory() -> None:
    output = Output()
    for _ in range(100):
        output.data_received(b"x" * 65_536)
        assert len(output._head) + len(output._tail) < 200_000


SOON = 0.1  # seconds: how long what is left may take to end on its own, so that tests need not wait for 2


def bash(folder: Path, command: str, *, timeout: int) -> Result:
    """The result of a command of which nothing is left for long."""
    arguments = {"command": command, "timeout": timeout}
    return with_toolbox(folder, lambda toolbox: toolbox.call("bash", arguments), grace_seconds=SOON)


# What has neither its parent nor its session nor its environment any more is not known to be the command's.
@pytest.mark.parametrize("how", [how for how in STARTS if how != "without environment"])
def test_what_a_command_leaves_ends_with_it(tmp_path: Path, how: str) -> None:
    command = f"{STARTS[how]}\n{STARTED}\necho over"

    assert done(bash(tmp_path, command, timeout=30_000)) == "over"
    assert alive(tmp_path) == []


@pytest.mark.parametrize("how", ["deaf", "an orphan", "without environment"])
def test_a_timeout_ends_all_of_it(tmp_path: Path, how: str) -> None:
    command = f"{STARTS[how]}\n{STARTED}\necho so far\nsleep 1000"

    words = refused(bash(tmp_path, command, timeout=300))

    assert words == "so far\n[ended after 0.3 s, its timeout; all its processes were ended]"
    assert alive(tmp_path) == []


def test_asyncio_has_heard_of_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread tells it, which may be late: to a loop that was closed before, the command still ran."""
    wait, heard = os.waitpid, []

    def wait_and_be_late(pid: int, options: int) -> tuple[int, int]:
        ended = wait(pid, options)
        if (tmp_path / "command").read_text() == f"{pid}\n":
            time.sleep(0.2)
            heard.append(pid)
        return ended

    async def leave(_: Toolbox, task: asyncio.Task[Result]) -> None:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(heard) == 1

    (tmp_path / "command").touch()
    monkeypatch.setattr(os, "waitpid", wait_and_be_late)
    when_ready(tmp_path, f"echo $$ >command\n{STARTS['in the background']}", leave)


@pytest.mark.parametrize("how", STARTS)
def test_a_client_that_leaves_ends_all_of_it(tmp_path: Path, how: str) -> None:
    async def leave(_: Toolbox, task: asyncio.Task[Result]) -> None:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert alive(tmp_path) == []

    when_ready(tmp_path, STARTS[how], leave, grace_seconds=SOON)


def test_a_client_that_leaves_for_good_does_not_stop_the_end(tmp_path: Path) -> None:
    async def leave(toolbox: Toolbox, task: asyncio.Task[Result]) -> None:
        while not task.done():  # as anyio does it: every wait is cancelled
            task.cancel()
            await asyncio.sleep(0)
        await toolbox.close()
        assert alive(tmp_path) == []

    when_ready(tmp_path, STARTS["in a session of its own"], leave)


def test_the_end_of_the_toolbox_ends_all_of_it(tmp_path: Path) -> None:
    async def close(toolbox: Toolbox, task: asyncio.Task[Result]) -> None:
        await toolbox.close()
        assert alive(tmp_path) == []
        assert refused(await task) == "[ended: the program that runs commands is closing]"

    when_ready(tmp_path, STARTS["in a session of its own"], close)


def test_the_event_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    async def use(toolbox: Toolbox) -> int:
        task = asyncio.create_task(toolbox.call("bash", {"command": "read <fifo; echo went on"}))
        steps = 0
        while not task.done():
            steps += 1
            if steps == 100:
                await asyncio.to_thread((tmp_path / "fifo").write_text, "go\n")
            await asyncio.sleep(0)
        assert done(await task) == "went on"
        return steps

    os.mkfifo(tmp_path / "fifo")

    assert with_toolbox(tmp_path, use) >= 100
