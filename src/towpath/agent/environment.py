"""The environment of every CLI that is started, whatever it is started for, and the doors that are closed.

Each line keeps something out of, or gets something into, the requests that reach the API; or it keeps the
CLI from others than the API and the proxy (docs/engine.md says what was seen, and tests/contract show it).
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from towpath.agent.default_models import pins
from towpath.agent.leftovers import remove_folder

_DAY_MS = str(24 * 60 * 60 * 1000)

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
    # How much a model takes is the API's to say: the CLI alone would refuse some 780 KB. The second
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
    # Nothing but the API is called: no telemetry, which is kept in files where it cannot be sent, no update.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    # Nobody but the proxy makes it ask the model: not other sessions of Claude Code on this machine, not the
    # tasks in a project's .claude/scheduled_tasks.json, and no editor.
    "CLAUDE_CODE_HARBOR_KITE": "0",  # what the CLI calls its inbox for messages of other sessions
    "CLAUDE_CODE_DISABLE_CRON": "1",
    "CLAUDE_CODE_AUTO_CONNECT_IDE": "0",
    "CLAUDE_CODE_DISABLE_AGENT_VIEW": "1",
    # Its runtime collects garbage a second after the start, as the next results arrive: 0.25 s of CPU, where
    # all the rest of a start is 0.6. In ms; memory comes back ten seconds later.
    "BUN_GC_TIMER_INTERVAL": "10000",
}
# The same by settings, where there is no variable or a later CLI may rename it.
CLOSED_DOORS: Mapping[str, Any] = {
    "crossSessionInbound": "refuse",
    "disableRemoteControl": True,
    "disableClaudeAiConnectors": True,
    "disableDeepLinkRegistration": "disable",
    "autoUploadSessions": False,
}
# What the CLI gets of the proxy's own environment: where it runs, how it reaches the network, and how its
# user says which account to use. ANTHROPIC_BASE_URL and the like would point it back at the proxy; what else
# a shell holds (tokens of other programs, say) is not its business.
_HANDED_ON = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "PWD"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "NODE_EXTRA_CA_CERTS"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "DBUS_SESSION_BUS_ADDRESS", "CLOUD_ML_REGION"),
        *("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN"),
    }
)
_HANDED_ON_KINDS = (
    *("LC_", "XDG_", "NIX_", "AWS_", "GOOGLE_", "GCLOUD_", "AZURE_", "VERTEX_REGION_"),
    *("ANTHROPIC_BEDROCK_", "ANTHROPIC_VERTEX_", "ANTHROPIC_FOUNDRY_", "ANTHROPIC_AWS_"),
    # What the account calls opus, sonnet and haiku.
    *("CLAUDE_CODE_USE_", "ANTHROPIC_DEFAULT_"),
)
# Another CLAUDE_CODE_SKIP_ keeps the CLI from writing its session file, by which caches survive a process.
_SKIPPED_LOGIN = re.compile(r"CLAUDE_CODE_SKIP_\w+_AUTH")


@dataclass(frozen=True)
class Upstream:
    """Where the CLI sends its requests: by default where its login belongs."""

    base_url: str | None = None
    api_key: str | None = None


def cli_environment(upstream: Upstream, proxy_environment: Mapping[str, str]) -> dict[str, str]:
    """What to set for a CLI. The SDK hands down all the rest, so what the CLI must not get is emptied: it
    takes an empty value for an unset one."""
    own = {name: "" for name in proxy_environment if not _is_handed_on(name.upper())}
    own.update(_ENVIRONMENT)
    own.update(pins(proxy_environment))
    if upstream.base_url:
        own["ANTHROPIC_BASE_URL"] = upstream.base_url
    if upstream.api_key:
        own["ANTHROPIC_API_KEY"] = upstream.api_key
    return own


def private_places(folder: Path) -> dict[str, str]:
    """Variables that put into ``folder`` what a process writes beside its session file.

    The CLI logs each call of a tool in the user's cache, with all of a result that is an error; no variable
    stops that. macOS has no variable for where a user's cache is: see ``leftovers``.
    """
    return {
        "CLAUDE_CODE_TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        # Nothing is written there. It is in the entry that a killed CLI leaves, and tells whose that is.
        "CLAUDE_CODE_SESSION_LOG": str(folder / "log"),
    }


@asynccontextmanager
async def passing_cli(
    environment: Mapping[str, str], parent: Path
) -> AsyncIterator[tuple[dict[str, str], Path]]:
    """Environment and empty working directory of a CLI that is asked one thing. Its files are removed.

    ``environment`` is that of all CLIs, ``parent`` a folder that is there.
    """
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="asked-"))
    try:
        cwd = folder / "empty"
        cwd.mkdir()
        yield {**environment, **private_places(folder)}, cwd
    finally:
        with suppress(OSError, RuntimeError):  # no file, no thread to be had: then it goes with its parent
            await asyncio.to_thread(remove_folder, folder)


def _is_handed_on(name: str) -> bool:
    return bool(name in _HANDED_ON or name.startswith(_HANDED_ON_KINDS) or _SKIPPED_LOGIN.fullmatch(name))
