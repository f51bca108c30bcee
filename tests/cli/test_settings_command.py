"""`towpath settings`: what it shows, and what it keeps to itself."""

import pytest
from typer.testing import CliRunner

from towpath.cli.main import app


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
        ("me:hush@gateway.example", "something that is not a URL"),
        ("https://me:hush@gateway.example:port", "something that is not a URL"),
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
