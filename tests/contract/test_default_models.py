"""P1 to P3: what the CLI asks of a cloud provider on its own, and what keeps it from that."""

import asyncio
import dataclasses
import os
from pathlib import Path

import pytest
from claude_agent_sdk import ClaudeAgentOptions

from tests.contract.bare_cli import Run
from tests.support.clouds import CLOUDS
from tests.support.fidelity import user
from towpath.agent.catalog import model_entries
from towpath.agent.default_models import NO_MODEL
from towpath.agent.environment import Upstream, cli_environment
from towpath.core.catalog import offered
from towpath.testing import Recorded, ScriptedApi

pytestmark = pytest.mark.cli

BEDROCK = CLOUDS["bedrock"]
SONNET = BEDROCK.ids["claude-sonnet-4-5"]
SAY = [user("SAY hello")]


@pytest.fixture
def variables(scripted_api: tuple[ScriptedApi, str]) -> dict[str, str]:
    """The environment of a CLI that asks a scripted Bedrock."""
    return BEDROCK.environment(scripted_api[1])


def without_pins(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    """As a CLI starts that has no word on default models."""
    own = {name: "" if value == NO_MODEL else value for name, value in options.env.items()}
    return dataclasses.replace(options, env=own)


def as_part_of_an_application(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    return dataclasses.replace(options, env={**options.env, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"})


def is_probe(exchange: Recorded) -> bool:
    return exchange.path.endswith("/invoke") and exchange.body["max_tokens"] == 1


def test_p1_a_start_without_pins_tries_models_at_the_expense_of_the_account(
    run: Run, api: ScriptedApi, variables: dict[str, str]
) -> None:
    run(SAY, model=SONNET, cloud=variables, change=without_pins)

    *tried, asked = api.exchanges
    assert len(tried) > 1 and all(map(is_probe, tried))
    assert asked.path == f"/model/{SONNET}/invoke-with-response-stream"


def test_p1_with_pins_it_makes_one_call_and_the_call_is_the_same(
    run: Run, api: ScriptedApi, variables: dict[str, str]
) -> None:
    run(SAY, model=SONNET, cloud=variables, change=without_pins)
    unpinned = api.exchanges[-1]
    api.clear()
    run(SAY, model=SONNET, cloud=variables)

    (asked,) = api.exchanges
    assert asked.path == unpinned.path
    assert asked.body == unpinned.body
    assert asked.headers.keys() == unpinned.headers.keys()
    assert asked.headers["user-agent"] == unpinned.headers["user-agent"]
    assert NO_MODEL not in str(asked)


def test_p2_each_start_asks_for_the_list_of_profiles_once(
    run: Run, api: ScriptedApi, variables: dict[str, str]
) -> None:
    run(SAY, model=SONNET, cloud=variables)

    assert api.bedrock.asked == ["/inference-profiles"]


@pytest.mark.parametrize("family", ["sonnet", "haiku"])
def test_p1_a_family_as_the_model_is_tried_alone(
    family: str, run: Run, api: ScriptedApi, variables: dict[str, str]
) -> None:
    run(SAY, model=family, cloud=variables)

    *tried, asked = api.exchanges
    assert all(family in exchange.path and is_probe(exchange) for exchange in tried)
    assert family in asked.path


def test_p3_listing_models_calls_none_and_names_them_as_without_pins(
    api: ScriptedApi, variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    entries = asyncio.run(model_entries(cli_environment(Upstream(), os.environ), tmp_path))

    assert api.exchanges == []
    assert {model.alias for model in offered(entries)} >= {"haiku"}
    assert NO_MODEL not in str(entries)
    assert all(".anthropic.claude-" in model.id for model in offered(entries))


def test_p3_as_part_of_an_application_it_takes_no_credentials_of_a_profile(
    run: Run, api: ScriptedApi, variables: dict[str, str], tmp_path: Path
) -> None:
    keys = {name: variables.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    file.write_text("[default]\n" + "\n".join(f"{name.lower()} = {value}" for name, value in keys.items()))
    variables["HOME"] = str(tmp_path)
    run(SAY, model=SONNET, cloud=variables)
    assert len(api.exchanges) == 1

    said = run(SAY, model=SONNET, cloud=variables, change=as_part_of_an_application)

    assert said[-1].is_error
    assert len(api.exchanges) == 1
