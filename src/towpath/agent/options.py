"""A launch as the SDK's options: command line, private files and environment of one process.

Everything that is fixed for a process is here, or in ``environment``, which all CLIs share; each line of
``agent_options`` keeps something out of, or gets something into, the requests that reach the API
(docs/engine.md says which, and tests/contract show it).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from claude_agent_sdk import ClaudeAgentOptions

from towpath import __version__
from towpath.agent.default_models import without_pin_of
from towpath.agent.environment import CLOSED_DOORS, private_places
from towpath.agent.leftovers import note_config
from towpath.agent.private_files import write_private
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.reading.cache_marks import HOUR

# One stdout line carries a whole message; the default of 1 MiB ends a session at the first screenshot.
_MAX_LINE_BYTES = 256 * 1024 * 1024
_MAX_SETTINGS_BYTES = 2 * 1024 * 1024  # the CLI does not start with a larger file
# With system prompt blocks (2) and the newest message (1) the CLI uses three of the API's four.
_TOOL_BREAKPOINTS = 1


def agent_options(
    launch: Launch,
    folder: Path,
    session_file: Path,
    tools: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    continues: bool,
    cli_settings: Mapping[str, Any] | None = None,
) -> ClaudeAgentOptions:
    """The options of a process; writes its private files into ``folder``, which must exist.

    ``tools`` are those options that say which tools there are, and who may call them. ``environment`` and
    ``cli_settings`` are those of all CLIs of its access. ``continues``: the process answers the session file
    at once, without a query. Raises ApiError for a launch that the CLI would not start with.
    """
    settings_file = folder / "settings.json"
    write_private(settings_file, _settings(launch, cli_settings or {}))
    system_file = folder / "system.txt"
    write_private(system_file, launch.system.encode())
    note_config(folder, environment)
    own = {**without_pin_of(launch.model, environment), **private_places(folder)}
    own["ENABLE_PROMPT_CACHING_1H" if launch.cache_hour else "FORCE_PROMPT_CACHING_5M"] = "1"
    if continues:
        own["CLAUDE_CODE_RESUME_INTERRUPTED_TURN"] = "1"
    if launch.betas:
        own["ANTHROPIC_BETAS"] = ",".join(launch.betas)
    return ClaudeAgentOptions(
        model=launch.model,
        system_prompt={"type": "file", "path": str(system_file)} if launch.system else None,
        cwd=launch.cwd,
        resume=str(session_file),
        settings=str(settings_file),
        env=own,
        setting_sources=[],
        strict_mcp_config=True,
        verbatim_prompts=True,
        include_partial_messages=True,
        max_buffer_size=_MAX_LINE_BYTES,
        client_app=f"towpath/{__version__}",
        **tools,
    )


def extra_body(launch: Launch) -> dict[str, Any]:
    """The top-level fields that the CLI merges into each API request of the process."""
    body = dict(launch.body)
    body.pop("cache_control", None)  # automatic caching: the CLI caches the newest message anyway
    if "tools" in body:
        body["tools"] = _within_breakpoints(body["tools"], {"ttl": HOUR} if launch.cache_hour else {})
    return body


def _settings(launch: Launch, of_access: Mapping[str, Any]) -> bytes:
    """The private settings file: an environment variable could not have more than 128 KiB."""
    settings = {
        **of_access,
        "env": {"CLAUDE_CODE_EXTRA_BODY": orjson.dumps(extra_body(launch)).decode()},
        # Else a tool with the name of one of the CLI's own (Bash) brings a reminder about git commits.
        "attribution": {"commit": "", "pr": ""},
        **CLOSED_DOORS,
    }
    written = orjson.dumps(settings)
    if len(written) > _MAX_SETTINGS_BYTES:
        size = f"{len(written):,} bytes, with each quotation mark as two"
        limit = f"the Claude CLI takes {_MAX_SETTINGS_BYTES:,}"
        raise ApiError(
            413, f"tools and parameters: {limit}, and these are {size}; send fewer or shorter ones"
        )
    return written


def _within_breakpoints(tools: list[dict[str, Any]], life: Mapping[str, str]) -> list[dict[str, Any]]:
    """The tools with cache_control on the last one that has it only: the API refuses a fifth breakpoint.

    It also refuses a mark that lives longer than one before it; so ``life`` is that of the CLI's own.
    """
    marked = [index for index, tool in enumerate(tools) if tool.get("cache_control")]
    surplus = set(marked[:-_TOOL_BREAKPOINTS])
    return [
        _with_life(tool, life) if index not in surplus else _without_mark(tool)
        for index, tool in enumerate(tools)
    ]


def _with_life(tool: dict[str, Any], life: Mapping[str, str]) -> dict[str, Any]:
    mark = tool.get("cache_control")
    return {**tool, "cache_control": {**mark, **life}} if isinstance(mark, dict) else tool


def _without_mark(tool: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tool.items() if name != "cache_control"}
