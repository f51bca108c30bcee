"""The CLI without the proxy: the SDK with our options, or with one of them taken away."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage, StreamEvent

from tests.support.fidelity import Json, assistant, user
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.history_lines import session_lines
from towpath.agent.parked_tools import ParkedTools
from towpath.core.launch import Launch

Then = Callable[[ClaudeSDKClient, ParkedTools], Awaitable[None]]
Run = Callable[..., list[Any]]
HISTORY = [user("one"), assistant("two"), user("three")]


def lines_of(messages: Sequence[Json], launch: Launch, file: Path) -> bytes:
    """A session file of the conversation."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return session_lines(
        file.stem, messages, {}, cwd=launch.cwd, model=launch.model, version=BUNDLED_VERSION, timestamp=now
    )


async def talk(options: ClaudeAgentOptions, parked: ParkedTools, then: Then | None) -> list[Any]:
    """The messages that the CLI says until its turn ends."""
    said = []
    async with asyncio.timeout(WAIT_SECONDS), ClaudeSDKClient(options) as client:
        if then:
            await then(client, parked)
        async for message in client.receive_messages():
            said.append(message)
            if isinstance(message, ResultMessage):
                break
    return said


async def until_reply_ends(client: ClaudeSDKClient) -> None:
    """Before the CLI does something with it."""
    async for message in client.receive_messages():
        if isinstance(message, StreamEvent) and message.event["type"] == "message_stop":
            return


def then_say(*texts: str) -> Then:
    """A turn for each of these before the one that the test looks at."""

    async def say(client: ClaudeSDKClient, _: ParkedTools) -> None:
        for said in texts:
            async for _message in client.receive_response():
                pass
            await client.query(said)

    return say
