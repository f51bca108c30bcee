"""No call holds up the others: what a pattern, a text or a file costs ends with the call."""

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.support.processes import wait_until
from tests.tools.boxes import call, refused, with_toolbox
from towpath.tools import Result, Toolbox
from towpath.tools.arguments import Edit, Glob, Grep, Read
from towpath.tools.deadline import Deadline
from towpath.tools.editing import edit, edited
from towpath.tools.finding import glob
from towpath.tools.reading import read
from towpath.tools.searching import grep
from towpath.tools.values import RefusedError
from towpath.tools.workspace import Workspace

RG = str(Path(sys.prefix, "bin", "rg"))  # of the package ripgrep
# The lookbehind keeps ripgrep from reading it, and the library from seeing that there is no match.
ENDLESS = r"(a|aa|a.)+(?<=b)$"


COSTLY = [
    {"pattern": "(?:(?:(?:(?:a?){200}){200}){200}){200}z"},
    {"pattern": r"(?:(?:\pL{100}){100}){100}"},
    {"pattern": "(a(?R)?)+z"},
    {"pattern": "(?:aaaaaaaaaaaaaaaaaaaaaaaaz){e<=12}$"},
    {"pattern": ENDLESS},
    {"pattern": ENDLESS, "multiline": True},
]
# It says what it refused, by how many megabytes it grew, how many a search took, how many processes are left.
SEARCHES = """
import json, resource, sys
from pathlib import Path
import psutil
from towpath.tools.arguments import Grep
from towpath.tools.deadline import Deadline
from towpath.tools.searching import grep
from towpath.tools.values import RefusedError
from towpath.tools.workspace import Workspace

def peak_mb(whose):
    return resource.getrusage(whose).ru_maxrss / 1024

work, rg, costly = Workspace(Path(sys.argv[1])), sys.argv[2] or None, json.loads(sys.argv[3])
before, refusals = peak_mb(resource.RUSAGE_SELF), []
for arguments in costly:
    try:
        grep(work, Grep(**arguments), Deadline(1), rg=rg)
    except RefusedError as refusal:
        refusals.append(str(refusal))
grown = peak_mb(resource.RUSAGE_SELF) - before
print(json.dumps([refusals, grown, peak_mb(resource.RUSAGE_CHILDREN), len(psutil.Process().children())]))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with a line that some patterns take for ever to search."""
    (tmp_path / "file").write_text("a" * 60 + "c\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("rg", [RG, None])
def test_what_a_pattern_costs_is_another_process_and_ends(work: Path, rg: str | None) -> None:
    """Asked in a program of its own: what memory its children took is told of all that it ever had."""
    command = [sys.executable, "-c", SEARCHES, str(work), rg or "", json.dumps(COSTLY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    refusals, own_mb, search_mb, left = json.loads(done.stdout)

    assert refusals
    assert all("longer than 1 s" in said or "takes too much memory" in said for said in refusals)
    assert own_mb < 100
    assert search_mb < 1100
    assert left == 0


@pytest.mark.slow
def test_too_much_memory_is_said(work: Path) -> None:
    pattern = "(?:(?:(?:(?:a?){200}){200}){200}){200}z"

    with pytest.raises(RefusedError, match="takes too much memory"):
        grep(Workspace(work), Grep(pattern=pattern), Deadline(600), rg=None)


def searches() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if is_search(child)]


def is_search(process: psutil.Process) -> bool:
    try:
        return any("regex_program" in word for word in process.cmdline())
    except psutil.Error:  # it has ended
        return False


async def started(count: int) -> None:
    """Wait until this many searches run."""
    await asyncio.to_thread(wait_until, lambda: len(searches()) >= count)


async def leave(_: Toolbox, task: "asyncio.Task[Result]") -> None:
    task.cancel()


async def close(toolbox: Toolbox, _: "asyncio.Task[Result]") -> None:
    await toolbox.close()


@pytest.mark.parametrize("end", [leave, close])
def test_a_search_ends_when_nobody_waits_for_it(
    work: Path, end: Callable[[Toolbox, "asyncio.Task[Result]"], Awaitable[None]]
) -> None:
    async def use(toolbox: Toolbox) -> None:
        task = asyncio.create_task(toolbox.call("grep", {"pattern": ENDLESS}))
        await started(1)

        await end(toolbox, task)

        await asyncio.to_thread(wait_until, lambda: searches() == [])
        await asyncio.wait([task])

    with_toolbox(work, use)


def test_many_searches_leave_the_threads_of_others_alone(work: Path) -> None:
    async def use(toolbox: Toolbox) -> None:
        tasks = [asyncio.create_task(toolbox.call("grep", {"pattern": ENDLESS})) for _ in range(40)]
        await started(4)

        assert await asyncio.to_thread(lambda: "served") == "served"
        assert len(searches()) == 4
        assert not any(task.done() for task in tasks)
        await toolbox.close()
        assert all("was ended" in refused(result) for result in await asyncio.gather(*tasks))

    with_toolbox(work, use)


CALLS = [
    (read, Read(file_path="file")),
    (glob, Glob(pattern="*")),
    (edit, Edit(file_path="file", old_string="a" * 60, new_string="b")),
]


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
def test_nothing_is_done_for_nobody(
    work: Path, tool: Callable[..., object], arguments: msgspec.Struct
) -> None:
    deadline = Deadline()
    deadline.give_up()

    with pytest.raises(RefusedError):
        tool(Workspace(work), arguments, deadline)

    assert (work / "file").read_text().startswith("a")


def test_a_file_does_not_grow_without_bound(work: Path) -> None:
    (work / "large").write_bytes(b"x" * 5_000_000)
    arguments = {"file_path": "large", "old_string": "x", "new_string": "y" * 1000, "replace_all": True}

    words = refused(call(work, "edit", **arguments))

    assert words.startswith("new_string: it would make a file of 5000000000 bytes")
    assert (work / "large").stat().st_size == 5_000_000


@pytest.mark.parametrize(
    ("data", "old"),
    [
        pytest.param(b"a\nb\n" * 2_000_000, "a\nb\n" * 1000 + "a\nc", id="many lines, half of them alike"),
        pytest.param((b"ab" * 99 + b"\n") * 4900, "ba" * 90 + "x", id="long lines that are alike"),
    ],
)
def test_a_text_that_is_not_there_is_looked_for_in_linear_time(data: bytes, old: str) -> None:
    """They took 32 and 17 s."""
    with pytest.raises(RefusedError, match="was not found"):
        edited(data, old, "new", Deadline(60), replace_all=False)


def test_a_long_file_of_short_lines_is_searched_in_little_memory(work: Path) -> None:
    (work / "large").write_bytes(b"\n" * 20_000_000 + b"one\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    arguments = Grep(pattern="one", path="large", output_mode="content", before=10**30)

    result = grep(Workspace(work), arguments, Deadline(60), rg=RG)

    assert "Cut after line" in str(result)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300
