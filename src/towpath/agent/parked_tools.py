"""The client's tools as calls that wait.

Registered as an in-process MCP server; when the model calls one, the CLI calls ``_call``, which waits
until the client's result arrives with a later request. That is a parked turn (docs/engine.md, T1-T6).
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from claude_agent_sdk.types import HookContext, HookInput, SyncHookJSONOutput
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    TextContent,
    Tool,
    ToolAnnotations,
)

from towpath.agent.tool_server import RESULT_SIZE, called_name, decision, guard, server
from towpath.core.canonical import Block, result_blocks

_TOOL_USE_ID = "claudecode/toolUseId"
_END_TURN = {"claude/endTurn": True}


class ParkedTools:
    """The calls of one process that wait for the client."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._results: dict[str, asyncio.Future[CallToolResult]] = {}
        self._arrival = asyncio.Event()
        self._in_order: deque[Block] = deque()  # the first of them has been given
        self._end_turn = False
        self._has_ended = False

    def options(self) -> dict[str, Any]:
        """What these tools add to the options of a process."""
        servers = server(self._list, self._call) if self._names else {}
        return {"mcp_servers": servers, "hooks": guard(self._allow_only_these), "tools": []}

    def knows(self, tool_name: str) -> bool:
        """Whether a call of this name would come here."""
        return tool_name in self._names

    async def wait_for(self, tool_use_ids: Collection[str]) -> None:
        """Until the CLI has made all of these calls, or has ended and never will."""
        while not self._has_ended and any(one not in self._results for one in tool_use_ids):
            self._arrival.clear()
            await self._arrival.wait()

    def end(self) -> None:
        """The CLI has ended."""
        self._has_ended = True
        self._arrival.set()

    def give_in_order(self, blocks: Sequence[Block], *, end_turn: bool) -> None:
        """Let calls return the client's tool_results, each when the one before it has been recorded.

        The CLI records them in the order in which it finishes them, and that cannot be foreseen where it has
        several at once. With ``end_turn`` the turn ends after the last one without a model call, so that a
        message can follow.
        """
        self._in_order.extend(blocks)
        self._end_turn = end_turn
        self.give(self._in_order[0], end_turn=end_turn)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take the CLI's next message as soon as it is read: what it records lets the next call return."""
        if self._in_order and _records(message, self._in_order[0]["tool_use_id"]):
            self._in_order.popleft()
            if self._in_order:
                self.give(self._in_order[0], end_turn=self._end_turn)

    def give(self, block: Block, *, end_turn: bool) -> None:
        """Let a call return the client's tool_result now."""
        texts = [TextContent(type="text", text=item["text"]) for item in result_blocks(block)]
        result = CallToolResult(
            content=list(texts),
            is_error=bool(block.get("is_error")),
            _meta=_END_TURN if end_turn else None,
        )
        self._results.pop(block["tool_use_id"]).set_result(result)

    async def _allow_only_these(
        self, call: HookInput, _tool_use_id: str | None, _context: HookContext
    ) -> SyncHookJSONOutput:
        """Let exactly the client's tools through."""
        return decision(allows=self.knows(called_name(call)))

    async def _list(self, _context: object, _params: object) -> ListToolsResult:
        # The model sees the client's own tools (options.extra_body); these only dispatch the calls.
        # Without the read-only hint the CLI makes the calls of a turn one after the other.
        tools = [
            Tool(
                name=name,
                description="Runs in the client.",
                input_schema={"type": "object"},
                annotations=ToolAnnotations(read_only_hint=True),
                _meta=RESULT_SIZE,
            )
            for name in self._names
        ]
        return ListToolsResult(tools=tools)

    async def _call(self, _context: object, params: CallToolRequestParams) -> CallToolResult:
        meta: Mapping[str, Any] = {**(params.meta or {})}
        tool_use_id = str(meta[_TOOL_USE_ID])
        result: asyncio.Future[CallToolResult] = asyncio.get_running_loop().create_future()
        self._results[tool_use_id] = result
        self._arrival.set()
        return await result


def _records(message: Mapping[str, Any], tool_use_id: str) -> bool:
    """Whether the CLI says that the result of this call is now part of the conversation."""
    content = message["message"]["content"] if message.get("type") == "user" else ()
    return any(isinstance(block, Mapping) and block.get("tool_use_id") == tool_use_id for block in content)
