"""Everything that a CLI says, in order, whether or not somebody asks for it.

So its end is noticed at once, and what it said about an error is there when a turn fails. Knows the SDK's
messages, not what they mean for a conversation.
"""

import asyncio
from collections.abc import Callable

from claude_agent_sdk import AssistantMessage, ClaudeSDKClient, Message, ResultMessage

from towpath.agent.failures import as_process_died
from towpath.core.errors import ProcessDied

# When they are full the CLI is held back. A parked or idle one only says a line now and then.
_KEPT_MESSAGES = 1000


class CliListener:
    """The messages of one CLI from its connection to its end.

    ``said`` is its newest message about an error.
    """

    def __init__(self) -> None:
        self.said: AssistantMessage | None = None
        self._messages: asyncio.Queue[Message | ProcessDied] = asyncio.Queue(_KEPT_MESSAGES)
        self._task: asyncio.Task[None] | None = None

    def begin(self, client: ClaudeSDKClient, on_end: Callable[[], None]) -> None:
        """Listen to a connected client; ``on_end`` is called when its CLI has ended, whatever the reason."""
        self._task = asyncio.create_task(self._hear(client, on_end))

    async def next_message(self) -> Message:
        """The next message. Raises ProcessDied after the last one."""
        message = await self._messages.get()
        if isinstance(message, ProcessDied):
            raise message
        if isinstance(message, AssistantMessage) and message.error:
            self.said = message
        return message

    async def result(self) -> ResultMessage:
        """The result of the turn that runs; what comes before it is passed over."""
        while not isinstance(message := await self.next_message(), ResultMessage):
            pass
        return message

    async def end(self, timeout_seconds: float) -> bool:
        """Whether the CLI has ended, waiting for it at most that long."""
        return self._task is None or bool((await asyncio.wait({self._task}, timeout=timeout_seconds))[0])

    def stop(self) -> None:
        """Listen no more."""
        if self._task:
            self._task.cancel()

    async def _hear(self, client: ClaudeSDKClient, on_end: Callable[[], None]) -> None:
        died = ProcessDied("the Claude CLI ended")
        try:
            with as_process_died(str(died)):
                async for message in client.receive_messages():
                    await self._messages.put(message)
        except ProcessDied as error:
            died = error
        on_end()
        await self._messages.put(died)
