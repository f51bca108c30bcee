"""The bundled CLI: where it is, its version, and how it is authenticated, as it says itself.

Logins are the CLI's: this module runs ``claude auth status`` and opens no credential file.
"""

import asyncio
import os
import runpy
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import orjson

from towpath.agent.environment import passing_cli
from towpath.agent.parent import tied_to_parent

# The SDK is looked at, not imported: that takes 1.5 s, which `towpath doctor` would spend waiting.
_SDK = Path(str(distribution("claude-agent-sdk").locate_file("claude_agent_sdk")))
BUNDLED_VERSION: str = runpy.run_path(str(_SDK / "_cli_version.py"))["__cli_version__"]

_STATUS_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class AuthStatus:
    """What ``claude auth status`` said. ``subscription`` is None where it names none (an API key, say)."""

    logged_in: bool
    method: str
    provider: str
    subscription: str | None = None


def cli_path() -> Path:
    """Where the SDK's bundled CLI lies; it may be missing on a platform without a wheel."""
    return _SDK / "_bundled" / "claude"


async def auth_status(
    environment: Mapping[str, str], parent: Path, cli_settings: Mapping[str, Any] | None = None
) -> AuthStatus | None:
    """Ask the CLI, which sends its API no more than a greeting (HEAD); None if it could not be asked.

    ``environment`` and ``cli_settings`` are those of all CLIs of an access; files are below ``parent``
    meanwhile. No other settings count, neither the user's nor those of the folder that the proxy was started
    in: conversations do not go by them, either.
    """
    try:
        async with passing_cli(environment, parent) as (own, cwd):
            settings = orjson.dumps(cli_settings or {}).decode()
            said: dict[str, Any] = orjson.loads(await _status({**os.environ, **own}, cwd, settings))
    except (OSError, TimeoutError, orjson.JSONDecodeError):
        return None
    return AuthStatus(
        logged_in=bool(said.get("loggedIn")),
        method=str(said.get("authMethod", "unknown")),
        provider=str(said.get("apiProvider", "unknown")),
        subscription=said.get("subscriptionType"),
    )


async def _status(environment: Mapping[str, str], cwd: Path, settings: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *tied_to_parent(),
        cli_path(),
        "--setting-sources=",
        f"--settings={settings}",
        "auth",
        "status",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(environment),
        cwd=cwd,
        start_new_session=True,  # as all CLIs: see in_own_session
    )
    try:
        async with asyncio.timeout(_STATUS_TIMEOUT_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output
