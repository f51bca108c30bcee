"""Tools that run in the proxy, as the CLI sees them: an in-process MCP server, agents, and a hook.

Knows MCP and the SDK; what a tool does is the business of ``towpath.tools``.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from claude_agent_sdk import AgentDefinition
from claude_agent_sdk.types import HookContext, HookInput, SyncHookJSONOutput
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ImageContent,
    ListToolsResult,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as McpTool

from towpath.agent.tool_server import RESULT_SIZE, called_name, decision, guard, server
from towpath.core.client_habits.subagent_names import closest
from towpath.core.client_habits.subagents import Agent
from towpath.tools import Image, Text, Toolbox

log = structlog.get_logger("towpath.tools")

# The CLI's own tool that starts a subagent, by its old name and its new one.
AGENT_TOOLS = frozenset({"Task", "Agent"})
# Others of its inputs let the CLI itself work on the host: a worktree beside the workspace, say.
_AGENT_INPUTS = ("description", "prompt", "subagent_type", "model")
_NO_SUCH_TOOL = "There is no such tool here."


class HostTools:
    """The tools and agents of one process, which ``toolbox`` carries out here.

    ``log_fields`` says what the log is to say of the exchange that is served. ``running`` is how many
    calls are being carried out.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        agents: Sequence[Agent],
        max_turns: int,
        log_fields: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._toolbox = toolbox
        self._agents = {agent.name: agent for agent in agents}
        self._max_turns = max_turns
        self._log_fields = log_fields
        self.running = 0
        self._names = frozenset(tool.name for tool in toolbox.tools)

    def options(self) -> dict[str, Any]:
        """What these tools add to the options of a process."""
        return {
            "mcp_servers": server(self._list, self._call),
            "hooks": guard(self._decide),
            "tools": ["Task"] if self._agents else [],
            "agents": {name: _definition(agent) for name, agent in self._agents.items()},
            "max_turns": self._max_turns,
        }

    async def _decide(
        self, call: HookInput, _tool_use_id: str | None, _context: HookContext
    ) -> SyncHookJSONOutput:
        """Let these tools through, and an agent's call under the name that it has here."""
        name = called_name(call)
        if name in AGENT_TOOLS:
            return decision(allows=True, new_input=self._with_known_agent(call.get("tool_input")))
        if name in self._names:
            return decision(allows=True)
        return decision(allows=False, reason=_NO_SUCH_TOOL)

    def _with_known_agent(self, arguments: object) -> dict[str, Any]:
        arguments = arguments if isinstance(arguments, dict) else {}
        kept = {name: arguments[name] for name in _AGENT_INPUTS if name in arguments}
        asked = kept.get("subagent_type")
        found = closest(asked, tuple(self._agents)) if isinstance(asked, str) else None
        if found and found != asked:
            log.info("agent's name corrected", **self._log_fields(), asked=asked, agent=found)
            kept["subagent_type"] = found
        return kept

    async def _list(self, _context: object, _params: object) -> ListToolsResult:
        tools = [
            McpTool(
                name=tool.name,
                description=tool.description,
                input_schema=tool.input_schema,
                annotations=ToolAnnotations(read_only_hint=tool.is_read_only),
                _meta=RESULT_SIZE,
            )
            for tool in self._toolbox.tools
        ]
        return ListToolsResult(tools=tools)

    async def _call(self, _context: object, params: CallToolRequestParams) -> CallToolResult:
        began = time.monotonic()
        self.running += 1
        try:
            result = await self._toolbox.call(params.name, params.arguments or {})
        finally:
            self.running -= 1
        seconds = round(time.monotonic() - began, 3)
        fields = {"name": params.name, "seconds": seconds, "is_error": result.is_error}
        log.info("tool", **{**self._log_fields(), **fields})
        return CallToolResult(content=[_content(part) for part in result.content], is_error=result.is_error)


def _definition(agent: Agent) -> AgentDefinition:
    """All that is known of a client's agent is its description; its own prompt stays with the client."""
    prompt = f'You are the agent "{agent.name}". What you are for: {agent.description}\n' + (
        "Do the task that you are given with the tools that you have, and answer with what was asked for: "
        "your answer is all that the caller sees."
    )
    return AgentDefinition(description=agent.description, prompt=prompt)


def _content(part: Text | Image) -> TextContent | ImageContent:
    if isinstance(part, Text):
        return TextContent(type="text", text=part.text)
    data = base64.b64encode(part.data).decode()
    return ImageContent(type="image", data=data, mime_type=part.media_type)
