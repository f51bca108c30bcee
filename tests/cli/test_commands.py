"""The list of commands: what each of them loads, and what `towpath` does without one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.commands import PLACES
from towpath.cli.main import app

# What takes long to import: some 0.1 s of CPU each, the SDK 1.5 s.
COSTLY = {"claude_agent_sdk", "httpx", "mcp", "msgspec", "rich", "starlette", "structlog", "uvicorn"}
LOADED = """
import sys
from towpath.cli.main import app
try:
    app(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "200", **environment}).invoke(app, arguments)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--version"], set()),
        (["env", "opencode"], set()),
        (["settings"], set()),
        (["service", "--help"], {"rich"}),
        (["doctor", "--json"], {"httpx", "msgspec", "rich", "structlog"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], needed: set[str]) -> None:
    """`eval "$(towpath env)"` in a shell's profile costs what it loads at each start of a shell."""
    done = subprocess.run(
        (sys.executable, "-c", LOADED, *arguments), capture_output=True, text=True, timeout=WAIT_SECONDS
    )

    assert COSTLY & set(done.stderr.split()) <= needed


def test_the_version_loads_no_settings() -> None:
    done = subprocess.run(
        (sys.executable, "-c", LOADED, "--version"), capture_output=True, text=True, timeout=WAIT_SECONDS
    )

    assert "towpath.settings" not in done.stderr.split()


@pytest.mark.parametrize("name", PLACES)
def test_every_command_has_a_help_under_its_name(name: str) -> None:
    code, said = run(name, "-h")

    assert code == 0
    assert f"Usage: towpath {name}" in " ".join(said.replace("root", "towpath").split())


def test_the_help_lists_all_commands() -> None:
    _, said = run("-h")

    assert [name for name in PLACES if f" {name} " not in said] == []


def test_flags_without_a_command_are_those_of_serve() -> None:
    code, said = run("--log-levl", "debug")

    assert code == 2
    assert "Usage: towpath serve" in said.replace("root", "towpath")
    assert run("--port", "many") == run("serve", "--port", "many")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("towpath se", ["serve", "settings", "setup", "service"]),
        ("towpath env cl", ["claude"]),
        ("towpath env --shell f", ["fish"]),
        ("towpath serve --idle", ["--idle-timeout-seconds"]),
    ],
)
def test_the_shell_completes_commands_flags_and_clients(line: str, words: list[str]) -> None:
    asked = {
        "_TOWPATH_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    done = subprocess.run(
        (Path(sys.executable).with_name("towpath"),),
        capture_output=True,
        text=True,
        env={**os.environ, **asked},
        timeout=WAIT_SECONDS,
    )

    assert done.stdout.split() == words
