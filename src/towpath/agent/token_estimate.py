"""How large a conversation is, as the CLI says it of one that it has just taken up.

It asks the API itself, under its own login: for the messages as they are, for the system prompt as a text.
Where the API does not answer it says what it makes of the size (docs/engine.md, C1 to C3). No model is
called either way.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from claude_agent_sdk import ClaudeAgentOptions

from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.failures import as_process_died
from towpath.agent.history import session_lines
from towpath.agent.leftovers import remove_folder
from towpath.agent.options import agent_options
from towpath.agent.transport import short_lived
from towpath.core.errors import ProcessDied
from towpath.core.launch import Launch
from towpath.core.reading.request import Message

# What else the CLI lists (a buffer, free space) is not in use.
_COUNTED = frozenset({"system_prompt", "messages"})


async def context_tokens(
    launch: Launch,
    messages: Sequence[Message],
    folder: Path,
    environment: Mapping[str, str],
    *,
    timeout_seconds: float,
) -> int:
    """The tokens of a conversation with its system prompt and tools: an estimate.

    ``folder`` is made, and removed again; ``environment`` is that of all CLIs. Takes what a process takes to
    start, and 0.05 to 0.2 s. Raises ProcessDied if the CLI does not start or does not say.
    """
    writing = asyncio.ensure_future(asyncio.to_thread(_written, launch, messages, folder, environment))
    try:
        with as_process_died("the Claude CLI did not count"):
            return await _asked(await asyncio.shield(writing), timeout_seconds)
    finally:
        await asyncio.gather(writing, return_exceptions=True)  # a thread is not cancelled with its task
        await asyncio.to_thread(remove_folder, folder)


async def _asked(options: ClaudeAgentOptions, timeout_seconds: float) -> int:
    try:
        async with short_lived(options) as client, asyncio.timeout(timeout_seconds):
            await client.connect()
            usage: Any = await client.get_context_usage()
    except TimeoutError:
        raise ProcessDied(f"the Claude CLI did not count within {timeout_seconds:g} s") from None
    return sum(part["tokens"] for part in usage["categories"] if part.get("id") in _COUNTED)


def _written(
    launch: Launch, messages: Sequence[Message], folder: Path, environment: Mapping[str, str]
) -> ClaudeAgentOptions:
    folder.mkdir(mode=0o700, parents=True)
    session_file = folder / f"{uuid.uuid4()}.jsonl"
    lines = session_lines(
        session_file.stem,
        messages,
        {},
        cwd=launch.cwd,
        model=launch.model,
        version=BUNDLED_VERSION,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        is_counted=True,
    )
    session_file.touch(mode=0o600)
    session_file.write_bytes(lines)
    told = replace(launch, system=_with_tools(launch), body={})
    return agent_options(told, folder, session_file, {"tools": []}, environment, continues=False)


def _with_tools(launch: Launch) -> str:
    """The system prompt with the tools as JSON behind it: of tools the CLI counts only those of its servers,
    of which a description has 2 KB at most."""
    tools = launch.body.get("tools")
    return f"{launch.system}\n\n{orjson.dumps(tools).decode()}" if tools else launch.system
