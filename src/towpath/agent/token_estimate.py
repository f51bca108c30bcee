"""How many tokens a conversation has, as the CLI estimates it for one that it has just loaded.

The CLI asks the API, under its own login: for the messages as they are, for the system prompt as a text.
Where the API does not answer, it estimates from the size (docs/engine.md, C1 to C3). No model is called
either way.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from claude_agent_sdk import ClaudeAgentOptions

from towpath.agent.failures import as_process_died, done_within
from towpath.agent.leftovers import remove_folder
from towpath.agent.options import agent_options
from towpath.agent.session_file import write_session_file
from towpath.agent.transport import short_lived
from towpath.core.launch import Launch
from towpath.core.reading.request import Message

# The other categories of the CLI's list (a buffer, free space) are room that is not in use.
_COUNTED = frozenset({"system_prompt", "messages"})
_FAILED = "the Claude CLI did not count"


async def context_tokens(
    launch: Launch,
    messages: Sequence[Message],
    folder: Path,
    environment: Mapping[str, str],
    *,
    timeout_seconds: float,
    cli_settings: Mapping[str, Any] | None = None,
) -> int:
    """The tokens of a conversation with its system prompt and tools: an estimate.

    ``folder`` is made, and removed again; ``environment`` and ``cli_settings`` are those of all CLIs of an
    access. Takes what a process takes to start, and 0.05 to 0.2 s. Raises ProcessDied if the CLI does not
    start or does not say.
    """
    writing = asyncio.ensure_future(
        asyncio.to_thread(_written, launch, messages, folder, environment, cli_settings)
    )
    try:
        with as_process_died(_FAILED):
            return await _asked(await asyncio.shield(writing), timeout_seconds)
    finally:
        await asyncio.gather(writing, return_exceptions=True)  # a thread is not cancelled with its task
        await asyncio.to_thread(remove_folder, folder)


async def _asked(options: ClaudeAgentOptions, timeout_seconds: float) -> int:
    async with short_lived(options) as client, done_within(timeout_seconds, _FAILED):
        await client.connect()
        usage: Any = await client.get_context_usage()
    return sum(part["tokens"] for part in usage["categories"] if part.get("id") in _COUNTED)


def _written(
    launch: Launch,
    messages: Sequence[Message],
    folder: Path,
    environment: Mapping[str, str],
    cli_settings: Mapping[str, Any] | None,
) -> ClaudeAgentOptions:
    session_file = folder / f"{uuid.uuid4()}.jsonl"
    write_session_file(session_file, launch, messages, {}, is_counted=True)
    told = replace(launch, system=_with_tools(launch), body={})
    return agent_options(
        told, folder, session_file, {"tools": []}, environment, continues=False, cli_settings=cli_settings
    )


def _with_tools(launch: Launch) -> str:
    """The system prompt, followed by the tools as JSON.

    The CLI counts only the tools of MCP servers, and cuts their descriptions at 2 KB.
    """
    tools = launch.body.get("tools")
    return f"{launch.system}\n\n{orjson.dumps(tools).decode()}" if tools else launch.system
