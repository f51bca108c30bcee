"""`towpath settings`: what it shows, and what it keeps to itself."""

import json

import pytest
from typer.testing import CliRunner

from towpath.cli.flags import GROUPS
from towpath.cli.main import app
from towpath.settings import Settings


def shown(**environment: str) -> dict[str, str]:
    """Each setting and what stands after it."""
    done = CliRunner().invoke(app, ["settings"], env={**environment, "COLUMNS": "500"})
    assert done.exit_code == 0, done.output
    pairs = (line.partition(" = ") for line in done.output.splitlines() if line.startswith("CLAUDE_PROXY_"))
    return {name: value for name, _, value in pairs}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://gateway.example/v", "https://gateway.example/v"),
        ("https://me:hush@gateway.example:8443/v", "https://gateway.example:8443/v"),
        ("https://hush@gateway.example", "https://gateway.example"),
        ("https://me:hu@sh@[::1]:8443", "https://[::1]:8443"),
        ("https://gateway.example/v?key=hush", "https://gateway.example/v"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, words: str) -> None:
    values = shown(CLAUDE_PROXY_UPSTREAM_BASE_URL=address)

    assert values["CLAUDE_PROXY_UPSTREAM_BASE_URL"] == f"{words}  (environment)"


def test_keys_are_not_shown() -> None:
    values = shown(CLAUDE_PROXY_API_KEY="hush-1", CLAUDE_PROXY_UPSTREAM_API_KEY="hush-2")

    assert "hush" not in str(values)


def test_a_value_says_where_it_comes_from() -> None:
    values = shown(CLAUDE_PROXY_PORT="4000")

    assert values["CLAUDE_PROXY_PORT"] == "4000  (environment)"
    assert values["CLAUDE_PROXY_HOST"] == "127.0.0.1  (default)"


def test_values_have_the_words_of_the_documents() -> None:
    values = shown(
        CLAUDE_PROXY_PASSTHROUGH="false",
        CLAUDE_PROXY_PING_SECONDS="7.0",
        CLAUDE_PROXY_ALLOWED_HOSTS="b,a",
        CLAUDE_PROXY_API_KEY="hush",
    )

    assert values["CLAUDE_PROXY_PASSTHROUGH"] == "0  (environment)"
    assert values["CLAUDE_PROXY_PING_SECONDS"] == "7  (environment)"
    assert values["CLAUDE_PROXY_ALLOWED_HOSTS"] == "b,a  (environment)"
    assert values["CLAUDE_PROXY_API_KEY"] == "set, and not shown  (environment)"
    assert values["CLAUDE_PROXY_WORKDIR"] == "none  (default)"
    assert values["CLAUDE_PROXY_TRANSIENT_TEXTS"].startswith("[internal] Continue from")


def test_only_what_was_changed_is_shown_if_that_is_asked_for() -> None:
    changed = CliRunner().invoke(app, ["settings", "--changed"], env={"CLAUDE_PROXY_PORT": "4000"})
    nothing = CliRunner().invoke(app, ["settings", "--changed"], env={"CLAUDE_PROXY_PORT": "3456"})

    assert [line for line in changed.output.splitlines() if "=" in line] == [
        "CLAUDE_PROXY_PORT = 4000  (environment)"
    ]
    assert nothing.output.splitlines() == ["Every setting has its default."]


def test_programs_get_json() -> None:
    done = CliRunner().invoke(app, ["settings", "--changed", "--json", "--ping-seconds", "7"])

    assert json.loads(done.output) == [
        {
            "name": "CLAUDE_PROXY_PING_SECONDS",
            "value": "7",
            "source": "flag",
            "default": "15",
            "meaning": Settings.model_fields["ping_seconds"].description,
        }
    ]


def test_each_setting_is_below_one_heading_of_the_help() -> None:
    listed = [name for names in GROUPS.values() for name in names]

    assert sorted(listed) == sorted(Settings.model_fields)
    assert listed[:2] == ["port", "host"]


def test_the_help_has_headings_units_and_defaults() -> None:
    said = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "400"}).output

    lines = {words[1]: words for line in said.splitlines() if len(words := line.split()) > 2}
    assert [heading for heading in GROUPS if f" {heading} " not in said] == []
    assert lines["--idle-timeout-seconds"][2] == "SECONDS"
    assert lines["--memory-budget-mb"][2] == "MB"
    assert lines["--allow-bash"][2] == "0|1"
    assert lines["--workdir"][2] == "FOLDER"
    assert lines["--spares"][2] == "NUMBER"
    assert "Default: 900." in " ".join(lines["--idle-timeout-seconds"])
