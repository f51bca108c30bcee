"""Which model a name means."""

import pytest

from towpath.core.models import resolve_model


@pytest.mark.parametrize(
    "name",
    [
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
        "claude-3-7-sonnet-latest",
        "claude-sonnet-4-5[1m]",
        "claude-sonnet-4-5@20250929",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.claude-opus-4-5",
        "arn:aws-us-gov:bedrock:us-gov-west-1:1234:application-inference-profile/abc",
        "claude-next-9",
    ],
)
def test_an_exact_id_stays_as_it_is(name: str) -> None:
    assert resolve_model(name) == name


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("opus", "opus"),
        ("sonnet", "sonnet"),
        ("haiku", "haiku"),
        ("fable", "fable"),
        ("Opus", "opus"),
        ("Claude-Haiku-4-5", "haiku"),
        ("anthropic/claude-opus-4-5", "opus"),
        ("claude-opus-4-5[2m]", "opus"),
        ("claude-haiku-4-5 ", "haiku"),
        ("claude-haiku-4-5\n", "haiku"),
        ("not-claude-haiku-4-5", "haiku"),
    ],
)
def test_any_other_name_is_the_family_it_contains(name: str, family: str) -> None:
    assert resolve_model(name) == family


@pytest.mark.parametrize("name", ["gpt-5", "claude", "claude-", "default", " "])
def test_a_name_without_a_family_is_sonnet(name: str) -> None:
    assert resolve_model(name) == "sonnet"
