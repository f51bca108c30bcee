"""`towpath env`: its lines, taken over by real shells."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from towpath.cli.env import CLIENTS, env, shell_family

SECRET = "sk-$not 'for' anybody"
PROGRAM = "import typer; from towpath.cli.env import env; typer.run(env)"
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
# How each shell runs the command, takes its lines over, and shows what a program then gets.
SHELLS = {
    "sh": "eval \"$('{python}' -c '{program}' {client} --shell sh)\"; '{python}' -c '{show}'",
    "bash": "eval \"$('{python}' -c '{program}' {client} --shell bash)\"; '{python}' -c '{show}'",
    "zsh": "eval \"$('{python}' -c '{program}' {client} --shell zsh)\"; '{python}' -c '{show}'",
    "fish": "'{python}' -c '{program}' {client} --shell fish | source; '{python}' -c '{show}'",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same environment on every machine: no settings, and bash."""
    for name in ("CLAUDE_PROXY_API_KEY", "CLAUDE_PROXY_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHELL", "/bin/bash")


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(env)
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (
            "opencode",
            ["export ANTHROPIC_BASE_URL=http://127.0.0.1:3456/v1", "export ANTHROPIC_API_KEY=dummy"],
        ),
        ("claude", ["export ANTHROPIC_BASE_URL=http://127.0.0.1:3456", "export ANTHROPIC_AUTH_TOKEN=dummy"]),
        ("sdk", ["export ANTHROPIC_BASE_URL=http://127.0.0.1:3456", "export ANTHROPIC_API_KEY=dummy"]),
    ],
)
def test_the_lines_are_all_that_is_printed(client: str, expected: list[str]) -> None:
    result = run(client)

    assert result.output.splitlines() == expected


def test_without_a_client_it_is_what_the_sdks_read() -> None:
    assert run().output == run("sdk").output


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("keys", [None, SECRET, f"{SECRET},another", f"{SECRET}, third", "@"])
def test_a_real_shell_takes_the_lines_over(
    shell: str, keys: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client gets one key, however many there are."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    if keys == "@":
        file = tmp_path / "the keys"
        file.write_text(f"{SECRET}\nanother\n")
        keys = f"@{file}"
    if keys:
        monkeypatch.setenv("CLAUDE_PROXY_API_KEY", keys)
    script = SHELLS[shell].format(python=sys.executable, program=PROGRAM, show=SHOW, client="aider")
    done = subprocess.run((shell, "-c", script), capture_output=True, text=True, check=True, timeout=60)
    seen = json.loads(done.stdout)

    assert {name: value for name, value in seen.items() if name.startswith("ANTHROPIC_")} == {
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:3456",
        "ANTHROPIC_API_BASE": "http://127.0.0.1:3456",
        "ANTHROPIC_API_KEY": SECRET if keys else "dummy",
    }
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("client", CLIENTS)
def test_the_servers_key_is_named_and_never_printed(
    client: str, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", SECRET)
    printed = run(client, "--shell", shell).output

    assert SECRET not in printed
    assert printed.count("CLAUDE_PROXY_API_KEY") == 1


def test_keys_that_no_line_can_name_alone_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", f",{SECRET}")
    result = run("sdk")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "as a,b" in result.stderr
    assert SECRET not in result.stderr


def test_the_lines_of_fish() -> None:
    assert run("sdk", "--shell", "fish").output.splitlines()[0] == (
        "set -gx ANTHROPIC_BASE_URL http://127.0.0.1:3456;"
    )


@pytest.mark.parametrize(
    ("program", "family"),
    [
        ("/bin/bash", "bash"),
        ("/usr/local/bin/fish", "fish"),
        ("zsh", "zsh"),
        ("/bin/sh", "bash"),
        ("pwsh", None),
        ("", "bash"),
        ("/usr/bin/nu", None),
        ("tcsh", None),
    ],
)
def test_the_shell_is_known_by_its_program(program: str, family: str | None) -> None:
    assert shell_family(program) == family


def test_the_shell_of_the_user_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")

    assert run("sdk").output.startswith("set -gx ")


def test_an_unknown_client_gets_the_list_and_no_line() -> None:
    result = run("emacs")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert all(client in result.stderr for client in CLIENTS)


def test_an_unknown_shell_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/nu")
    result = run("sdk")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--shell" in result.stderr


def test_the_port_is_that_of_the_flag_or_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_PORT", "4567")
    monkeypatch.setenv("CLAUDE_PROXY_HOST", "::")

    assert "http://[::1]:4567\n" in run("sdk").output.replace("'", "")
    assert "http://[::1]:4000\n" in run("sdk", "--port", "4000").output.replace("'", "")


def test_help_has_an_example() -> None:
    assert 'eval "$(towpath env claude)"' in run("--help").output
