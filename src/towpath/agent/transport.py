"""The SDK's own transport, with a way to end the process at once.

``disconnect`` closes the CLI's input and waits for it to finish; but a CLI that is about to send a
request of its own must not finish. The SDK has no call for that, so this module, and no other, reaches into
the transport.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from functools import cache
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, CLIJSONDecodeError
from claude_agent_sdk._internal.transport.subprocess_cli import SubprocessCLITransport

from towpath.agent.parent import tied_to_parent
from towpath.python import python_command


@cache
def in_own_session() -> Sequence[str]:
    """Words to put before a command so that the signals of a terminal do not reach it: Ctrl-C, and the SIGHUP
    of a window that closes, go to all processes that were started from there.

    The SDK has no way to ask for that. ``setsid`` is util-linux's, and becomes the command: 1 ms. Where it is
    missing (macOS) a Python does the same in 20.
    """
    program = shutil.which("setsid")
    becomes = "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])"
    return [program] if program else python_command("-S", "-c", becomes)


async def _no_prompt() -> AsyncIterator[dict[str, Any]]:
    return
    yield {}


class KillableTransport(SubprocessCLITransport):
    """A CLI process that can be ended without its cooperation.

    ``notice`` is called with each message as soon as it has been read, and says whether it is passed on;
    ``fail`` with the error if one cannot be read: then none follows.
    """

    def __init__(
        self,
        options: ClaudeAgentOptions,
        notice: Callable[[dict[str, Any]], bool],
        fail: Callable[[Exception], None],
    ) -> None:
        super().__init__(prompt=_no_prompt(), options=options)
        self._notice = notice
        self._fail = fail

    def _build_command(self) -> list[str]:
        return [*tied_to_parent(), *in_own_session(), *super()._build_command()]

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        """Messages of the CLI, in its own words."""
        try:
            async for message in super().read_messages():
                if self._notice(message):
                    yield message
        except (CLIJSONDecodeError, RecursionError) as error:
            self._fail(error)
            raise

    @property
    def pid(self) -> int | None:
        """The process id, once connected."""
        return self._process.pid if self._process else None

    async def connect(self) -> None:
        """Start the process. If cancelled, this waits until the process can be ended: nobody else would."""
        spawning = asyncio.ensure_future(super().connect())
        try:
            await asyncio.shield(spawning)
        except asyncio.CancelledError:
            await asyncio.wait({spawning})
            if self._process:
                self._process.kill()
                await self._process.aclose()
            raise

    async def close(self) -> None:
        """End it, and close its pipes: a process that is ended in mid-stream leaves its pipe paused, and a
        paused pipe never sees its end (6 abandoned streams left 6 open until garbage was collected)."""
        process = self._process
        try:
            await super().close()
        finally:
            if process:
                process._process._transport.close()  # type: ignore[attr-defined]

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


@contextlib.asynccontextmanager
async def short_lived(options: ClaudeAgentOptions) -> AsyncIterator[ClaudeSDKClient]:
    """A client to connect and to ask; after the block its CLI has ended, even if it never came up.

    It dies with the proxy, as all CLIs do; with the SDK's own transport only while it reads its input.
    """
    transport = KillableTransport(options, lambda _: True, lambda _: None)
    client = ClaudeSDKClient(options, transport=transport)
    try:
        yield client
    finally:
        transport.terminate()
        await disconnect(client, transport)


async def disconnect(client: ClaudeSDKClient, transport: KillableTransport) -> None:
    """Let go of a CLI that has ended, or is about to: errors of the SDK say nothing new then.

    The client does not close its transport if it gave up while connecting.
    """
    for close in (client.disconnect, transport.close):
        with contextlib.suppress(Exception):
            await close()
