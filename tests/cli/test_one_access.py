"""`towpath env` and `towpath setup opencode` for one of several accesses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from towpath.cli.main import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command for a user who has an access called office."""
    file = tmp_path / "accesses.toml"
    file.write_text('[office]\nCLAUDE_CODE_USE_BEDROCK = "1"\n')
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    environment = {"CLAUDE_PROXY_ACCESSES": str(file), "CLAUDE_PROXY_STATE_DIR": str(tmp_path / "state")}
    return lambda *arguments: CliRunner(env={**environment, "SHELL": "/bin/bash"}).invoke(app, arguments)


@pytest.mark.parametrize(
    ("client", "access", "address"),
    [
        ("claude", "office", "http://127.0.0.1:3456/access/office"),
        ("opencode", "office", "http://127.0.0.1:3456/access/office/v1"),
        ("claude", "default", "http://127.0.0.1:3456"),
    ],
)
def test_the_lines_lead_to_it(run: Run, client: str, access: str, address: str) -> None:
    assert f"export ANTHROPIC_BASE_URL={address}" in run("env", client, "--access", access).output.split("\n")


def test_opencode_is_pointed_to_it(run: Run, tmp_path: Path) -> None:
    run("setup", "opencode", "--yes", "--access", "office")

    written = json.loads((tmp_path / "config/opencode/opencode.json").read_text())
    options = written["provider"]["anthropic"]["options"]
    assert options["baseURL"] == "http://127.0.0.1:3456/access/office/v1"


@pytest.mark.parametrize("command", [("env", "claude"), ("setup", "opencode", "--yes")])
def test_one_that_is_not_there_is_named_with_those_that_are(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--access", "offcie")

    assert result.exit_code == 2
    assert "there is none with the name 'offcie'; there are: default, office" in result.output


def test_a_file_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "accesses.toml").write_text("[office\n")
    result = run("env", "claude", "--access", "office")

    assert result.exit_code == 2
    assert "accesses.toml: line 1" in result.output
