"""What the CLI adds to a request unless it is told not to (engine.md, N, K and D).

When a release changes a fact, its test here names it.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from claude_agent_sdk import ClaudeAgentOptions

from tests.contract.bare_cli import HISTORY, Run
from tests.support.fidelity import seen, sent, user
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.parametrize(
    ("variable", "field", "model"),
    [
        ("CLAUDE_CODE_DISABLE_THINKING", "thinking", "claude-sonnet-4-5"),
        ("CLAUDE_CODE_EFFORT_LEVEL", "output_config", "claude-opus-5-5"),
    ],
)
def test_n1_parameters_that_nobody_sent(
    api: ScriptedApi, run: Run, variable: str, field: str, model: str
) -> None:
    """With the variables there are none: tests/proxy/test_parameters.py."""
    run(HISTORY, model=model, without=[variable])
    assert field in api.last


def test_n2_an_old_model_is_replaced(api: ScriptedApi, run: Run) -> None:
    """With the variable it is the one that was asked for: tests/proxy/test_parameters.py."""
    run(HISTORY, model="claude-opus-4-20250514", without=["CLAUDE_CODE_DISABLE_LEGACY_MODEL_REMAP"])
    assert api.last["model"] != "claude-opus-4-20250514"


def test_n3_a_tool_called_agent_brings_a_list_of_agents(api: ScriptedApi, run: Run) -> None:
    """With the variable it brings none: tests/proxy/test_parameters.py, with other names of the CLI's own."""
    tools = [{"name": "Agent", "description": "d", "input_schema": {"type": "object"}}]
    run([user("go")], tools=tools, without=["CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS"])
    assert "Available agent types" in str(api.last["messages"])


def test_n7_the_cli_refuses_no_size_on_its_own(api: ScriptedApi, run: Run) -> None:
    large = [user("x" * 1_000_000)]
    run(large)
    assert seen(api.last) == sent(large)

    api.clear()
    said = run(large, without=["CLAUDE_CODE_MAX_CONTEXT_TOKENS"])
    assert said[-1].is_error
    assert api.exchanges == []


@pytest.mark.parametrize(
    ("credential", "asked", "life"),
    [
        pytest.param("ANTHROPIC_API_KEY", {}, "5m", marks=pytest.mark.nightly),  # as in most tests
        ("CLAUDE_CODE_OAUTH_TOKEN", {}, "1h"),
        ("CLAUDE_CODE_OAUTH_TOKEN", {"FORCE_PROMPT_CACHING_5M": "1"}, "5m"),
        ("ANTHROPIC_API_KEY", {"ENABLE_PROMPT_CACHING_1H": "1"}, "1h"),
        pytest.param(
            "CLAUDE_CODE_OAUTH_TOKEN", {"ENABLE_PROMPT_CACHING_1H": "1"}, "1h", marks=pytest.mark.nightly
        ),
    ],
)
def test_k4_how_long_its_cache_marks_live(
    api: ScriptedApi, run: Run, credential: str, asked: dict[str, str], life: str
) -> None:
    def changed(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        kept = {name: value for name, value in options.env.items() if name != "FORCE_PROMPT_CACHING_5M"}
        return dataclasses.replace(
            options, env={**kept, "ANTHROPIC_API_KEY": "", credential: "dummy", **asked}
        )

    run(HISTORY, change=changed)

    blocks = [*api.last["system"], *(block for m in api.last["messages"] for block in m["content"])]
    marks = [block["cache_control"] for block in blocks if "cache_control" in block]
    assert [mark.get("ttl", "5m") for mark in marks] == [life] * 3
    assert "extended-cache-ttl" not in api.exchanges[-1].headers["anthropic-beta"]


def test_n4_an_empty_variable_is_an_unset_one(api: ScriptedApi, run: Run) -> None:
    def without_key(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        return dataclasses.replace(options, env={**options.env, "ANTHROPIC_API_KEY": ""})

    said = run(HISTORY, change=without_key)

    assert "Not logged in" in said[-1].result
    assert api.exchanges == []


def test_n5_what_the_cli_adds(api: ScriptedApi, run: Run) -> None:
    run([user("hello")])

    added = [block["text"] for block in api.last["messages"][0]["content"][:-1]]
    assert [block.splitlines()[1][:15] for block in added] == [
        "# Environment",
        "You are powered",
        "Today's date is",
    ]
    assert len(api.last["system"]) == 3


def test_d6_a_settings_file_over_2_mib_is_refused(api: ScriptedApi, run: Run) -> None:
    def of_bytes(count: int) -> Callable[[ClaudeAgentOptions], ClaudeAgentOptions]:
        def change(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
            file = Path(str(options.settings))
            file.write_bytes(file.read_bytes().ljust(count))
            return options

        return change

    run(HISTORY, change=of_bytes(2 * 1024 * 1024))
    assert seen(api.last) == sent(HISTORY)

    with pytest.raises(Exception, match="exit code 1"):
        run(HISTORY, change=of_bytes(2 * 1024 * 1024 + 1))
