"""What towpath itself consists of: Python, the SDK, its CLI, and the CLI's login."""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from towpath.agent.bundled_cli import BUNDLED_VERSION, AuthStatus, auth_status, cli_path
from towpath.cli.console import own_command
from towpath.cli.doctor import tested
from towpath.cli.doctor.findings import Finding, ok, problem, skipped, warning
from towpath.cli.doctor.sdk_age import sdk_age
from towpath.cli.doctor.shell import command_line, is_on_path, words_of
from towpath.cli.unknown_settings import unknown_settings
from towpath.core.accesses import DEFAULT, AccessesError
from towpath.core.figures import counted
from towpath.python import python_command
from towpath.server.upstream.accesses import accesses_of
from towpath.settings import ENV_PREFIX, Settings

_OLDEST_PYTHON = (3, 11)
_REINSTALL = "reinstall Towpath the way you installed it; that brings its CLI along"


def python() -> Finding:
    return judge_python(sys.version_info[:3])


def judge_python(version: Sequence[int]) -> Finding:
    """``version``: major, minor, micro."""
    text = ".".join(map(str, version))
    if tuple(version[:2]) >= _OLDEST_PYTHON:
        return ok(f"Python {text}")
    return problem(f"Python {text} is too old", "install Python 3.11 or newer, and reinstall Towpath with it")


def variables(environment: Mapping[str, str]) -> Finding:
    """Whether each variable that looks like a setting is one."""
    count = sum(name.upper().startswith(ENV_PREFIX) for name in environment)
    if unknown := unknown_settings(environment):
        return warning(
            "; ".join(unknown),
            f"correct the name, or unset it; `{own_command('settings')}` lists all of them",
        )
    return ok(f"{counted(count, 'variable')} of Towpath's in the environment")


def bundled_cli(path: Path, environment: Mapping[str, str]) -> Finding:
    """Whether the CLI at this path runs, and is the one that came with the SDK."""
    try:
        said = words_of((str(path), "--version"), environment)
    except FileNotFoundError:
        return problem(f"the Claude CLI is not at {path}", _REINSTALL)
    except (OSError, subprocess.SubprocessError) as error:
        return problem(f"the Claude CLI at {path} does not run: {error}", _REINSTALL)
    return judge_cli(path, said, BUNDLED_VERSION)


def judge_cli(path: Path, said: str, expected: str) -> Finding:
    """``said``: the answer to ``--version``, such as "2.1.330 (Claude Code)"."""
    version = re.match(r"\d+\.\d+\.\d+\S*", said)
    if version is None:
        return problem(f"the program at {path} did not give its version", _REINSTALL)
    if version[0] != expected:
        return warning(f"Claude CLI {version[0]} at {path}; the SDK came with {expected}", _REINSTALL)
    return ok(f"Claude CLI {expected} at {path}")


def login(settings: Settings, environment: Mapping[str, str]) -> Finding:
    try:
        access = accesses_of(settings, environment)[DEFAULT]
    except AccessesError:
        return skipped("not asked, since the accesses cannot be read")
    status = asyncio.run(auth_status(access.environment, Path(tempfile.gettempdir()), access.settings))
    runs = status is not None or bundled_cli(cli_path(), environment).status != "problem"
    has_key = settings.upstream_api_key is not None
    return judge_login(status, has_key=has_key, log_in=login_command(environment), runs=runs)


def login_command(environment: Mapping[str, str]) -> str:
    """The shell line that logs in: by the full path where no `claude` is on the PATH."""
    program = "claude" if is_on_path("claude", environment) else str(cli_path())
    return command_line((program, "auth", "login"))


def judge_login(status: AuthStatus | None, *, has_key: bool, log_in: str, runs: bool = True) -> Finding:
    """``log_in``: the shell line that does it. ``runs``: the CLI does. Says how, never who."""
    if not runs:
        return skipped("not asked", "the Claude CLI says who is logged in, once it runs")
    if status is None:
        return problem("the Claude CLI did not say whether it is logged in", f"ask it: {log_in}")
    if status.logged_in:
        how = "the key in CLAUDE_PROXY_UPSTREAM_API_KEY" if has_key else status.method
        return ok(f"logged in by {how} ({status.provider})")
    return problem(
        "the Claude CLI is not logged in, and there is no API key",
        f"{log_in}\nor set CLAUDE_PROXY_UPSTREAM_API_KEY to an API key",
    )


def versions(environment: Mapping[str, str]) -> Finding:
    installed = metadata.version(tested.SDK_PACKAGE)
    age = sdk_age(tested.SDK_PACKAGE, installed, environment)
    return judge_versions(installed, tested.pinned_sdk(), age)


def judge_versions(installed: str, pinned: str | None, age: str) -> Finding:
    """``age``: of the SDK, in words; empty if it is not known."""
    if pinned is None or installed == pinned:
        sdk = f"{tested.SDK_PACKAGE} {installed}{f' ({age})' if age else ''}"
        return ok(f"{sdk}, its CLI {BUNDLED_VERSION}: as tested, with OpenCode {tested.OPENCODE}")
    return problem(
        f"{tested.SDK_PACKAGE} {installed} is installed; this release was tested with {pinned} only",
        f"{command_line(python_command('-m', 'pip', 'install', f'{tested.SDK_PACKAGE}=={pinned}'))}\n"
        "or reinstall Towpath",
    )
