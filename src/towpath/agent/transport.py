"""The SDK's own transport, with a way to end the process at once.

``disconnect`` closes the CLI's input and waits for it to finish; but a CLI that is about to send a
request of its own must not finish. The SDK has no call for that, so this module reaches into the
transport; nothing else does.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions
from claude_agent_sdk._internal.transport.subprocess_cli import SubprocessCLITransport


async def _no_prompt() -> AsyncIterator[dict[str, Any]]:
    return
    yield {}


class KillableTransport(SubprocessCLITransport):
    """A CLI process that can be ended without its cooperation.

    ``notice`` is called with each message as soon as it has been read, before anybody waits for it.
    """

    def __init__(self, options: ClaudeAgentOptions, notice: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(prompt=_no_prompt(), options=options)
        self._notice = notice

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        """Messages of the CLI, in its own words."""
        async for message in super().read_messages():
            self._notice(message)
            yield message

    @property
    def pid(self) -> int | None:
        """The process id, once connected."""
        return self._process.pid if self._process else None

    async def connect(self) -> None:
        """Start the process. Who gives up meanwhile waits until it can be ended: else nobody owned it."""
        spawning = asyncio.ensure_future(super().connect())
        try:
            await asyncio.shield(spawning)
        except asyncio.CancelledError:
            await asyncio.wait({spawning})
            if self._process:
                self._process.kill()
                await self._process.aclose()
            raise

    def kill(self) -> None:
        """SIGKILL. Only when the API has just answered, so that no login is being renewed meanwhile."""
        with contextlib.suppress(ProcessLookupError):
            if self._process:
                self._process.kill()

    def terminate(self) -> None:
        """SIGTERM: the CLI ends at once, but finishes writing its own files."""
        with contextlib.suppress(ProcessLookupError):
            if self._process:
                self._process.terminate()
