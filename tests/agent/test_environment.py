"""What a CLI gets of the proxy's environment, and what is set for it."""

import pytest

from towpath.agent.environment import Upstream, cli_environment


def changes(upstream: Upstream, **environment: str) -> dict[str, str]:
    """What is set for a CLI beyond that which is set for each."""
    always = cli_environment(Upstream(), {})
    own = cli_environment(upstream, environment)
    return {name: value for name, value in own.items() if always.get(name) != value}


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_MODEL",
        "ANTHROPIC_BETAS",
        "CLAUDE_CODE_EXTRA_BODY",
        "CLAUDE_PROXY_API_KEY",
        "GITHUB_TOKEN",
        "NODE_OPTIONS",
        "PATHS",
        "CLAUDE_CODE_SKIP_PROMPT_HISTORY",
    ],
)
def test_what_is_not_the_cli_s_business_is_blanked(name: str) -> None:
    assert changes(Upstream(), **{name: "x", "PATH": "/bin"}) == {name: ""}


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_BEDROCK_BASE_URL",
        "ANTHROPIC_VERTEX_PROJECT_ID",
        "ANTHROPIC_FOUNDRY_RESOURCE",
        "ANTHROPIC_DEFAULT_SONNET_MODEL",
        "ANTHROPIC_AWS_WORKSPACE_ID",
        "CLAUDE_CODE_USE_FOUNDRY",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL_NAME",
        "ANTHROPIC_SMALL_FAST_MODEL",
        "ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION",
        "ANTHROPIC_CUSTOM_HEADERS",
        "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
        "CLAUDE_CODE_SKIP_BEDROCK_AUTH",
        "CLAUDE_CONFIG_DIR",
        "AWS_PROFILE",
        "HOME",
        "https_proxy",
        "NODE_EXTRA_CA_CERTS",
        "LC_ALL",
        "XDG_CONFIG_HOME",
    ],
)
def test_what_names_the_user_s_account_is_handed_on(name: str) -> None:
    assert changes(Upstream(), **{name: "x"}) == {}


def test_the_upstream_that_was_set_goes_over_the_proxy_s_own() -> None:
    upstream = Upstream("https://gateway.test", "key")

    own = changes(upstream, ANTHROPIC_BASE_URL="http://localhost:3456", ANTHROPIC_API_KEY="x")

    assert own == {
        "ANTHROPIC_BASE_URL": "https://gateway.test",
        "ANTHROPIC_API_KEY": "key",
    }


def test_an_upstream_that_was_not_set_sets_nothing() -> None:
    own = cli_environment(Upstream(), {})

    assert not {"ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"} & own.keys()


def test_what_is_set_for_each_cli_goes_over_the_user_s_own() -> None:
    own = cli_environment(Upstream(), {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "0"})

    assert own["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"
