"""How tools are offered to a CLI: an MCP server in the proxy's own process, and a hook that guards it.

The same for the client's tools (``parked_tools``) and for those that run here (``host_tools``).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from claude_agent_sdk import HookMatcher, McpSdkServerConfig
from claude_agent_sdk.types import (
    HookCallback,
    HookInput,
    PreToolUseHookSpecificOutput,
    SyncHookJSONOutput,
)
from mcp.server.lowlevel import Server
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult

from towpath.core.ways import MAX_RESULT_CHARS

RESULT_SIZE = {"anthropic/maxResultSizeChars": MAX_RESULT_CHARS}
"""The metadata of each tool."""

_SERVER_NAME = "client"


def server(
    on_list: Callable[[Any, Any], Awaitable[ListToolsResult]],
    on_call: Callable[[Any, CallToolRequestParams], Awaitable[CallToolResult]],
) -> dict[str, McpSdkServerConfig]:
    """The option ``mcp_servers`` for a server with these two handlers."""
    instance: Server[Any] = Server(_SERVER_NAME, on_list_tools=on_list, on_call_tool=on_call)
    return {_SERVER_NAME: McpSdkServerConfig(type="sdk", name=_SERVER_NAME, instance=instance)}


def guard(hook: HookCallback) -> dict[str, list[HookMatcher]]:
    """The option ``hooks`` for one that is asked before each call.

    Without a hook that allows it the CLI denies the call: the names in ``allowed_tools`` were not enough.
    """
    return {"PreToolUse": [HookMatcher(hooks=[hook])]}


def called_name(call: HookInput) -> str:
    """The name of the tool that a hook is asked about, as the model knows it."""
    return str(call.get("tool_name", "")).removeprefix(f"mcp__{_SERVER_NAME}__")


def decision(
    *, allows: bool, reason: str = "", new_input: dict[str, Any] | None = None
) -> SyncHookJSONOutput:
    """What a hook answers; ``reason`` is for the model, ``new_input`` takes the place of the call's own."""
    output: PreToolUseHookSpecificOutput = {
        "hookEventName": "PreToolUse",
        "permissionDecision": "allow" if allows else "deny",
    }
    if reason:
        output["permissionDecisionReason"] = reason
    if new_input is not None:
        output["updatedInput"] = new_input
    return {"hookSpecificOutput": output}
