"""The environment of every CLI that is started, whatever it is started for, and the doors that are closed.

Each line keeps something out of, or gets something into, the requests that reach the API; or it keeps the
CLI from others than the API and the proxy (docs/engine.md says what was seen, and tests/contract show it).
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from towpath.agent.default_models import pins
from towpath.agent.leftovers import note_config, remove_folder
from towpath.core.cli_variables import is_of_account, is_of_machine

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


@dataclass(frozen=True)
class Upstream:
    """Where the CLI sends its requests: by default where its login belongs.

    ``headers`` are those that the CLI adds on its own, from a variable.
    """

    base_url: str | None = None
    api_key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


def cli_environment(
    upstream: Upstream,
    proxy_environment: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    *,
    inherits_account: bool = True,
) -> dict[str, str]:
    """What to set for a CLI. ``variables`` are those of its access; ``inherits_account``: the proxy's own
    environment says as well which account that is.

    The SDK hands down all the rest, so what the CLI must not get is emptied: it takes an empty value for an
    unset one.
    """
    of_access = dict(variables or {})
    inherited = {
        name
        for name in proxy_environment
        if is_of_machine(name.upper()) or (inherits_account and is_of_account(name.upper()))
    }
    own = {name: "" for name in proxy_environment if name not in inherited or name.upper() in of_access}
    own.update(of_access)
    own.update(_ENVIRONMENT)
    own.update(pins({**proxy_environment, **own}))
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
        note_config(folder, environment)
        yield {**environment, **private_places(folder)}, cwd
    finally:
        with suppress(OSError, RuntimeError):  # no file, no thread to be had: then it goes with its parent
            await asyncio.to_thread(remove_folder, folder)
