"""Drives the Claude Agent SDK for Python; prints what came of it as JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    StreamEvent,
    create_sdk_mcp_server,
    query,
    tool,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
SCHEMA = {"type": "object", "properties": {"depth": {"type": "integer"}}, "required": ["depth"]}
CALLS = "\n".join(f'CALL mcp__t__gauge {{"lock": "{lock}"}}' for lock in ("upper", "lower"))


@tool("gauge", "Reads the water level at a lock.", {"lock": str})
async def gauge(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": f"{arguments['lock']} is two metres deep"}]}


FIELDS: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "system_prompt": "You are a lock keeper.",
    "setting_sources": [],
    "tools": [],
    "mcp_servers": {"t": create_sdk_mcp_server("t", tools=[gauge])},
    "allowed_tools": ["mcp__t__gauge"],
}


async def ended(messages: AsyncIterator[Any]) -> tuple[ResultMessage, list[str]]:
    """The result, and the pieces of text before it."""
    pieces: list[str] = []
    results: list[ResultMessage] = []
    async for message in messages:
        if isinstance(message, StreamEvent):
            delta = message.event.get("delta", {})
            pieces += [delta["text"]] if delta.get("type") == "text_delta" else []
        if isinstance(message, ResultMessage):
            results.append(message)
    return results[0], pieces


async def picture() -> AsyncIterator[dict[str, Any]]:
    content = [IMAGE, {"type": "text", "text": "SAY a boat"}]
    yield {"type": "user", "message": {"role": "user", "content": content}}


async def main() -> dict[str, Any]:
    said: dict[str, Any] = {}
    async with ClaudeSDKClient(ClaudeAgentOptions(**FIELDS, include_partial_messages=True)) as client:
        for name, prompt in (("text", "SAY hello"), ("streamed", "REPEAT 5 boat "), ("results", CALLS)):
            await client.query(prompt)
            result, pieces = await ended(client.receive_response())
            said[name] = pieces if name == "streamed" else result.result
    form = ClaudeAgentOptions(**FIELDS, output_format={"type": "json_schema", "schema": SCHEMA})
    result, _ = await ended(query(prompt='CALL StructuredOutput {"depth": 2}', options=form))
    said["object"] = result.structured_output
    result, _ = await ended(query(prompt=picture(), options=ClaudeAgentOptions(**FIELDS)))
    said["picture"] = result.result
    try:
        result, _ = await ended(query(prompt="CLOSE THE GATE", options=ClaudeAgentOptions(**FIELDS)))
        said["error"] = result.result
    except Exception as error:  # noqa: BLE001 - the SDK's errors have no common base
        said["error"] = str(error)
    return said


print(json.dumps(asyncio.run(main())))
