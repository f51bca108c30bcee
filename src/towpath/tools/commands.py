"""Runs commands, each in a session of its own, and leaves nothing of them running."""

import asyncio
import os
import shutil
import signal
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from towpath.tools.arguments import MAX_TIMEOUT_MS, Bash
from towpath.tools.ending import end_processes
from towpath.tools.output import Output
from towpath.tools.values import Result, words
from towpath.tools.watcher import Watcher

_MARK = "TOWPATH_COMMAND"
# All writers have been ended by then; one that cannot be must not hold the answer.
_DRAIN_SECONDS = 1.0


class Commands:
    """The commands that run in one folder. ``environment`` is all that they get of one; what they leave has
    ``grace_seconds`` to end on its own."""

    def __init__(self, folder: str, environment: Mapping[str, str], grace_seconds: float) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._grace_seconds = grace_seconds
        self._shell = shutil.which("bash", path=self._environment.get("PATH")) or "/bin/sh"
        # Not asyncio's own threads: a command that does not want to end holds one for seconds.
        self._threads = ThreadPoolExecutor(thread_name_prefix="towpath-ending")
        self._running: dict[asyncio.Task[Result], asyncio.Event] = {}

    async def run(self, arguments: Bash) -> Result:
        """The command's output, and how it ended. Raises CancelledError, with the command ended.

        The task that runs it is never cancelled itself: its clean-up has to wait for things, and anyio
        cancels every wait of a task, not only the first.
        """
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(arguments, stop))
        self._running[task] = stop
        task.add_done_callback(lambda _: self._running.pop(task))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([task])
            raise
        return task.result()

    async def close(self) -> None:
        """End all commands; returns when they are gone."""
        for stop in self._running.values():
            stop.set()
        if self._running:
            await asyncio.wait(list(self._running))
        self._threads.shutdown(wait=False)

    async def _run(self, arguments: Bash, stop: asyncio.Event) -> Result:
        mark = (_MARK, uuid.uuid4().hex)
        seconds = min(arguments.timeout, MAX_TIMEOUT_MS) / 1000
        output = Output()
        read_end, write_end = os.pipe()
        # A pipe of our own: asyncio's would count the command as running while any process holds it.
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: output, os.fdopen(read_end, "rb", buffering=0)
        )
        session, watcher = None, None
        # What ends with the command. asyncio must have seen it end as well: a loop that was closed before
        # that reported the process as still running.
        over: list[asyncio.Future[Any]] = [output.closed]
        try:
            try:
                process = await self._start(arguments.command, write_end, mark)
                session, ended = process.pid, asyncio.ensure_future(process.wait())
                over.append(ended)
                watcher = await Watcher.of(session, mark)
            finally:
                os.close(write_end)
            has_ended = await _has_ended(ended, stop, seconds)
        except (OSError, ValueError) as error:  # too long for the system, NUL, no such folder any more
            return words(f"command: cannot be started: {error}", is_error=True)
        finally:
            end = partial(end_processes, session, mark, grace_seconds=self._grace_seconds)
            await asyncio.get_running_loop().run_in_executor(self._threads, end)
            if watcher is not None:
                await watcher.end()
            await asyncio.wait(over, timeout=_DRAIN_SECONDS)
            transport.close()
        notes = (
            [f"[timeout: cut to the longest, {MAX_TIMEOUT_MS} ms]"]
            if arguments.timeout > MAX_TIMEOUT_MS
            else []
        )
        if stop.is_set():
            notes.append("[ended: the program that runs commands is closing]")
        elif not has_ended:
            notes.append(f"[ended after {seconds:g} s, its timeout; all its processes were ended]")
        elif process.returncode:
            notes.append(_exit_note(process.returncode))
        text = "\n".join(filter(None, [output.text().removesuffix("\n"), *notes])) or "(no output)"
        # Not for an exit code: of an error over 10,000 characters the CLI cuts the middle out, and the
        # output of a failed test run is what the model wants to read.
        return words(text, is_error=not has_ended)

    async def _start(self, command: str, write_end: int, mark: tuple[str, str]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self._shell,
            "-c",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            cwd=self._folder,
            env=dict([*self._environment.items(), mark]),
            start_new_session=True,
        )


async def _has_ended(ended: asyncio.Future[Any], stop: asyncio.Event, seconds: float) -> bool:
    """Wait until the command ends (True), or its time is up or ``stop`` is set (False)."""
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([ended, stopped], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return ended.done()
    finally:
        stopped.cancel()


def _exit_note(code: int) -> str:
    if code > 0:
        return f"[exit code {code}]"
    try:
        return f"[ended by signal {signal.Signals(-code).name}]"
    except ValueError:
        return f"[ended by signal {-code}]"
