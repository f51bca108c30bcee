"""The tools by name: what they are, and calls that always give a result."""

import asyncio
import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from towpath.tools import editing, finding, reading, searching, writing
from towpath.tools.arguments import TYPES, Arguments, Bash, Edit, Glob, Grep, Read, Write, parse, tool
from towpath.tools.commands import Commands
from towpath.tools.deadline import Deadline
from towpath.tools.ending import GRACE_SECONDS
from towpath.tools.values import RefusedError, Result, Tool, words
from towpath.tools.workspace import Workspace, is_supported

A = TypeVar("A", bound=Arguments)

# Of one toolbox: more calls at once wait for one another, and nobody else waits for them.
_MAX_THREADS = 4
_log = logging.getLogger(__name__)


class Toolbox:
    """The tools for one workspace.

    ``environment`` is all that commands get of one; without ``allow_bash`` there is no bash.
    ``grace_seconds``: how long what a command leaves may take to end on its own. Raises NotImplementedError
    where ``is_supported()`` is False.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        allow_bash: bool,
        environment: Mapping[str, str],
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        if not is_supported():
            raise NotImplementedError("the tools need a POSIX system")
        self._workspace = Workspace(workspace)
        self._commands = Commands(self._workspace.root, environment, grace_seconds)
        self._rg = shutil.which("rg")
        self._changed: deque[str] = deque()
        # One after the other: of two edits of a file at once, the second would undo the first.
        self._changing = threading.Lock()
        # Not asyncio's own threads, which start CLIs and write their files.
        self._threads = ThreadPoolExecutor(_MAX_THREADS, "towpath-tools")
        self._deadlines: set[Deadline] = set()
        self._has_closed = False
        self.tools: Sequence[Tool] = [tool(name) for name in TYPES if allow_bash or name != "bash"]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """Carry out a call. Whatever prevents it becomes a result with ``is_error`` and words for the model.

        Raises CancelledError only; a command or search is ended then, a file being written is still written.
        """
        try:
            return await self._call(name, arguments)
        except RefusedError as refusal:
            return words(str(refusal), is_error=True)
        except Exception as error:  # noqa: BLE001 - a bug here must not end the model's turn
            _log.exception("the tool %s failed", name)
            return words(f"{name} failed: {type(error).__name__}: {error}", is_error=True)

    def take_changes(self) -> list[str]:
        """The paths that write and edit changed since the last call, relative to the workspace.

        In the order of their first change, each once.
        """
        taken = [self._changed.popleft() for _ in range(len(self._changed))]
        return list(dict.fromkeys(taken))

    async def close(self) -> None:
        """End all running commands and searches; later calls are refused."""
        self._has_closed = True
        for deadline in self._deadlines:
            deadline.give_up()
        self._threads.shutdown(wait=False)
        await self._commands.close()

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        if self._has_closed:
            raise RefusedError("the tools are closed")
        known = [tool.name for tool in self.tools]
        if name not in known:
            raise RefusedError(f"there is no tool {name}; the tools are: {', '.join(known)}")
        parsed = parse(TYPES[name], arguments)
        match parsed:
            case Bash():
                return await self._commands.run(parsed)
            case Write() | Edit():
                return await self._in_thread(self._change, parsed)
            case _:
                return await self._in_thread(self._look, parsed)

    async def _in_thread(self, work: Callable[[A, Deadline], Result], arguments: A) -> Result:
        deadline = Deadline()

        def carry_out() -> Result:
            deadline.begin()  # it may have waited for a thread
            return work(arguments, deadline)

        self._deadlines.add(deadline)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, carry_out)
        finally:
            deadline.give_up()  # where nobody waits for it any more
            self._deadlines.discard(deadline)

    def _look(self, arguments: Arguments, deadline: Deadline) -> Result:
        match arguments:
            case Read():
                return reading.read(self._workspace, arguments, deadline)
            case Glob():
                return finding.glob(self._workspace, arguments, deadline)
            case Grep():
                return searching.grep(self._workspace, arguments, deadline, rg=self._rg)
        raise TypeError(arguments)

    def _change(self, arguments: Write | Edit, deadline: Deadline) -> Result:
        with self._changing:
            deadline.left()
            if isinstance(arguments, Write):
                path, said = writing.write(self._workspace, arguments)
            else:
                path, said = editing.edit(self._workspace, arguments, deadline)
            # In the thread: a call that is cancelled changes its file all the same.
            self._changed.append(path)
        return words(said)
