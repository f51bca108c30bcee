"""Which default models a CLI is told of, so that it does not try them."""

import pytest

from towpath.agent.default_models import NO_MODEL, for_listing, pins, without_pin_of
from towpath.agent.environment import Upstream, cli_environment

OPUS, SONNET, HAIKU = (f"ANTHROPIC_DEFAULT_{family}_MODEL" for family in ("OPUS", "SONNET", "HAIKU"))
NONE = {OPUS: NO_MODEL, SONNET: NO_MODEL, HAIKU: NO_MODEL}


@pytest.mark.parametrize("provider", ["BEDROCK", "VERTEX", "MANTLE"])
def test_on_a_provider_with_models_to_try_there_are_none(provider: str) -> None:
    variables = {f"CLAUDE_CODE_USE_{provider}": "1"}

    assert pins(variables) == NONE
    assert cli_environment(Upstream(), variables).items() >= NONE.items()


@pytest.mark.parametrize(
    "variables",
    [{}, {"CLAUDE_CODE_USE_FOUNDRY": "1"}, {"CLAUDE_CODE_USE_BEDROCK": "0"}, {"CLAUDE_CODE_USE_VERTEX": ""}],
)
def test_elsewhere_nothing_is_said_of_them(variables: dict[str, str]) -> None:
    assert pins(variables) == {}


def test_what_the_user_says_of_them_stays() -> None:
    variables = {"CLAUDE_CODE_USE_BEDROCK": "1", OPUS: "us.anthropic.claude-opus-4-6-v1", HAIKU: ""}

    assert pins(variables) == {SONNET: NO_MODEL, HAIKU: NO_MODEL}


def test_a_process_may_find_out_what_the_family_of_its_own_model_is() -> None:
    assert without_pin_of("haiku", NONE) == {**NONE, HAIKU: ""}
    assert without_pin_of("us.anthropic.claude-haiku-4-5-20251001-v1:0", NONE) == NONE
    assert without_pin_of("fable", NONE) == NONE
    assert without_pin_of("opus", {OPUS: "of-the-user"}) == {OPUS: "of-the-user"}


def test_a_cli_that_lists_models_names_its_own() -> None:
    listing = for_listing({**NONE, OPUS: "of-the-user", "A": "b"})

    assert listing == {
        **{OPUS: "of-the-user", SONNET: "", HAIKU: "", "A": "b"},
        "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1",
    }
    assert for_listing({"A": "b"}) == {"A": "b"}
