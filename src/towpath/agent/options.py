"""A launch as the SDK's options: command line, private files and environment of one process.

Everything that is fixed for a process is here; each line of ``_ENVIRONMENT`` and ``agent_options`` keeps
something out of, or gets something into, the requests that reach the API (docs/engine.md says which, and
tests/contract show it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from claude_agent_sdk import ClaudeAgentOptions

from towpath import __version__
from towpath.core.cache_marks import HOUR
from towpath.core.errors import ApiError
from towpath.core.launch import Launch

# One stdout line carries a whole message; the default of 1 MiB ends a session at the first screenshot.
_MAX_LINE_BYTES = 256 * 1024 * 1024
_MAX_SETTINGS_BYTES = 2 * 1024 * 1024  # the CLI does not start with a larger file
_DAY_MS = str(24 * 60 * 60 * 1000)
# With system prompt blocks (2) and the newest message (1) the CLI uses three of the API's four.
_TOOL_BREAKPOINTS = 1

_ENVIRONMENT: Mapping[str, str] = {
    # The model sees the client's names: "read", not "mcp__client__read".
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX": "1",
    "CLAUDE_CODE_MAX_TOOL_USE_CONCURRENCY": "100",
    # A parked call waits for a person.
    "MCP_TOOL_TIMEOUT": _DAY_MS,
    # Nothing is added to the conversation …
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    "DISABLE_AUTO_COMPACT": "1",
    # How much a model takes is the API's to say: the CLI would refuse some 780 KB by itself. The second
    # is honoured only with the first.
    "DISABLE_COMPACT": "1",
    "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "100000000",
    "ENABLE_TOOL_SEARCH": "false",
    # Else a tool of the client's that is called Agent brings a list of the CLI's own agents.
    "CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS": "1",
    # … nor to the parameters: absent ones stay absent, and the model is the one that was asked for.
    "CLAUDE_CODE_DISABLE_THINKING": "1",
    "CLAUDE_CODE_EFFORT_LEVEL": "unset",
    "CLAUDE_CODE_DISABLE_LEGACY_MODEL_REMAP": "1",
    # Betas of the CLI's own make it repeat a request that got a 400, once for each of them.
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
    # One request, one model call: no retry, no second attempt without streaming, no side requests.
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_RETRY": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_FALLBACK": "1",
    "CLAUDE_CODE_NO_MODEL_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    # Its runtime collects garbage a second after the start, as the next results arrive: 0.25 s of CPU, where
    # all the rest of a start is 0.6. In ms; memory comes back ten seconds later.
    "BUN_GC_TIMER_INTERVAL": "10000",
}
# What the CLI gets of the proxy's own environment: where it runs, how it reaches the network, and how its
# user says which account to use. ANTHROPIC_BASE_URL and the like would point it back at the proxy; what else
# a shell holds (tokens of other programs, say) is not its business.
_HANDED_ON = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "PWD"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "NODE_EXTRA_CA_CERTS"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "DBUS_SESSION_BUS_ADDRESS", "CLOUD_ML_REGION"),
        *("SYSTEMROOT", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "TEMP", "TMP", "COMSPEC", "PATHEXT"),
        *("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN"),
    }
)
_HANDED_ON_KINDS = (
    *("LC_", "XDG_", "NIX_", "AWS_", "GOOGLE_", "GCLOUD_", "AZURE_", "VERTEX_REGION_"),
    *("ANTHROPIC_BEDROCK_", "ANTHROPIC_VERTEX_", "ANTHROPIC_FOUNDRY_", "ANTHROPIC_AWS_"),
    *("CLAUDE_CODE_USE_", "CLAUDE_CODE_SKIP_"),
)


@dataclass(frozen=True)
class Upstream:
    """Where the CLI sends its requests: by default where its login belongs."""

    base_url: str | None = None
    api_key: str | None = None

    def environment(self, proxy_environment: Mapping[str, str]) -> dict[str, str]:
        """What to set for the CLI. The SDK inherits all the rest, so what it is not to get is emptied: an
        empty value is an unset one to the CLI."""
        own = {name: "" for name in proxy_environment if not _is_handed_on(name.upper())}
        if self.base_url:
            own["ANTHROPIC_BASE_URL"] = self.base_url
        if self.api_key:
            own["ANTHROPIC_API_KEY"] = self.api_key
        return own


def _is_handed_on(name: str) -> bool:
    return name in _HANDED_ON or name.startswith(_HANDED_ON_KINDS)


def agent_options(
    launch: Launch,
    folder: Path,
    session_file: Path,
    tools: Mapping[str, Any],
    upstream: Mapping[str, str],
    *,
    continues: bool,
) -> ClaudeAgentOptions:
    """The options of a process; writes its private files into ``folder``, which must exist.

    ``tools`` are those options that say which tools there are, and who may call them. ``continues``: the
    process answers the session file at once, without a query. Raises ApiError for a launch that the CLI would
    not start with.
    """
    settings_file = folder / "settings.json"
    _write_private(settings_file, _settings(launch))
    system_file = folder / "system.txt"
    _write_private(system_file, launch.system.encode())
    environment = {**_ENVIRONMENT, **upstream, "CLAUDE_CODE_TMPDIR": str(folder)}
    environment["ENABLE_PROMPT_CACHING_1H" if launch.cache_hour else "FORCE_PROMPT_CACHING_5M"] = "1"
    if continues:
        environment["CLAUDE_CODE_RESUME_INTERRUPTED_TURN"] = "1"
    if launch.betas:
        environment["ANTHROPIC_BETAS"] = ",".join(launch.betas)
    return ClaudeAgentOptions(
        model=launch.model,
        system_prompt={"type": "file", "path": str(system_file)} if launch.system else None,
        cwd=launch.cwd,
        resume=str(session_file),
        settings=str(settings_file),
        env=environment,
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
    body.pop("cache_control", None)  # automatic caching: the CLI caches the newest message by itself
    if "tools" in body:
        body["tools"] = _within_breakpoints(body["tools"], {"ttl": HOUR} if launch.cache_hour else {})
    return body


def _settings(launch: Launch) -> bytes:
    """The private settings file: one environment string would be limited to 128 KiB."""
    settings = {
        "env": {"CLAUDE_CODE_EXTRA_BODY": orjson.dumps(extra_body(launch)).decode()},
        # Else a tool with the name of one of the CLI's own (Bash) brings a reminder about git commits.
        "attribution": {"commit": "", "pr": ""},
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

    It refuses a mark that lives longer than one before it, too; so ``life`` is that of the CLI's own.
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


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
