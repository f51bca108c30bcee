"""The CLI's own list of models, as it gives it out when a client connects."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from claude_agent_sdk import ClaudeAgentOptions

from towpath.agent.default_models import for_listing
from towpath.agent.environment import CLOSED_DOORS, passing_cli
from towpath.agent.failures import as_process_died
from towpath.agent.transport import short_lived


async def model_entries(
    environment: Mapping[str, str], parent: Path, cli_settings: Mapping[str, Any] | None = None
) -> Sequence[Mapping[str, Any]]:
    """The entries of the list; no model is called. Raises ProcessDied if it does not start.

    ``environment`` and ``cli_settings`` are those of all CLIs of an access; files are below ``parent``
    meanwhile. Takes half a second.
    """
    settings = orjson.dumps({**(cli_settings or {}), **CLOSED_DOORS}).decode()
    with as_process_died("the Claude CLI did not start"):
        async with passing_cli(for_listing(environment), parent) as (own, cwd):
            options = ClaudeAgentOptions(tools=[], setting_sources=[], settings=settings, cwd=cwd, env=own)
            async with short_lived(options) as client:
                await client.connect()
                said = await client.get_server_info()
    return (said or {}).get("models") or ()
