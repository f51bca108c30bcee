"""Every parameter of a request reaches the API as it was sent, and none that was not sent."""

from typing import Any

import httpx
import pytest

from tests.support.fidelity import TOOLS, user
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
# The CLI's own, where the client sent none: the API's default temperature, who the user is for it, and
# an empty list for no tools.
OWN = {"model", "messages", "system", "stream", "max_tokens", "metadata", "temperature", "tools"}


@pytest.mark.parametrize(
    "fields",
    [
        {
            "temperature": 0.3,
            "top_k": 7,
            "stop_sequences": ["END", "STOP"],
            "metadata": {"user_id": "somebody"},
            "service_tier": "standard_only",
            "some_future_field": {"deep": [1, 2.5, None, "é"]},
        },
        {"top_p": 0.9, "max_tokens": 1},
        {"max_tokens": 128_000},
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": {"type": "tool", "name": "Bash"}},
        {"tool_choice": {"type": "none"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4000},
        {
            "thinking": {"type": "disabled"},
            "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        },
        {
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "low"},
            "model": "claude-opus-5-5",
        },
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ],
    ids=lambda fields: ",".join(f"{k}={str(v)[:15]}" for k, v in fields.items()),
)
def test_a_parameter_arrives_as_sent(api: ScriptedApi, http: httpx.Client, fields: dict[str, Any]) -> None:
    Client(http).ask([user("SAY ok")], **fields)

    assert {name: api.last.get(name) for name in fields} == fields
    assert set(api.last) <= OWN | set(fields)


def test_the_old_name_of_a_format_arrives_under_its_new_one(api: ScriptedApi, http: httpx.Client) -> None:
    output_format = {"type": "json_schema", "schema": SCHEMA}
    Client(http).ask([user("SAY {}")], output_format=output_format)

    assert api.last["output_config"] == {"format": output_format}


def test_absent_parameters_stay_absent(api: ScriptedApi, http: httpx.Client) -> None:
    for model in ("claude-sonnet-4-5", "claude-opus-5-5", "claude-haiku-4-5-20251001", "claude-new-9"):
        Client(http).ask([user("hello")], model=model)

        assert set(api.last) <= OWN
        assert api.last["max_tokens"] == 1000
        assert api.last.get("temperature", 1) == 1


@pytest.mark.parametrize(
    "model",
    ["claude-opus-4-20250514", "claude-3-5-sonnet-20241022", "claude-sonnet-4-5", "claude-unheard-of-99"],
)
def test_the_model_is_the_one_that_was_asked_for(api: ScriptedApi, http: httpx.Client, model: str) -> None:
    Client(http).ask([user("hello")], model=model)

    assert api.last["model"] == model


@pytest.mark.parametrize(
    ("name", "family"), [("gpt-5", "sonnet"), ("my-opus", "opus"), ("anthropic/Haiku", "haiku")]
)
def test_another_name_is_a_model_of_its_family(
    api: ScriptedApi, http: httpx.Client, name: str, family: str
) -> None:
    Client(http).ask([user("hello")], model=name)

    assert api.last["model"].startswith(f"claude-{family}-")


def test_tools_arrive_verbatim(api: ScriptedApi, http: httpx.Client) -> None:
    tools: list[dict[str, Any]] = [
        *TOOLS,
        {
            "name": "combined",
            "description": "A root-level combinator, and more. " * 300,
            "input_schema": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "strict": True,
            "eager_input_streaming": True,
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"type": "bash_20250124", "name": "bash"},
        {"name": "a" * 128, "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
    ]
    Client(http).ask([user("hello")], tools=tools)

    assert api.last["tools"] == tools


def test_names_of_the_clis_own_tools_add_nothing(api: ScriptedApi, http: httpx.Client) -> None:
    names = [
        "Agent",
        "Task",
        "Bash",
        "Read",
        "Edit",
        "Write",
        "Skill",
        "TodoWrite",
        "WebSearch",
        "ToolSearch",
    ]
    tools = [{"name": name, "description": "d", "input_schema": {"type": "object"}} for name in names]
    Client(http).ask([user("hello")], tools=tools)

    assert len(api.last["messages"][0]["content"]) == 4  # environment, model, date, and the client's text
    assert api.last["tools"] == tools


def test_the_system_prompt_arrives_behind_the_clis_own_lines(api: ScriptedApi, http: httpx.Client) -> None:
    long = "A long prompt. " * 30_000
    Client(http).ask(
        [user("hello")], system=[{"type": "text", "text": long}, {"type": "text", "text": "End."}]
    )

    assert [block["text"] for block in api.last["system"][2:]] == [f"{long}\n\nEnd."]


def test_no_system_prompt_is_none(api: ScriptedApi, http: httpx.Client) -> None:
    Client(http).ask([user("hello")], system="")

    assert len(api.last["system"]) == 2


def test_the_clients_betas_arrive(api: ScriptedApi, http: httpx.Client) -> None:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [user("hello")]}
    http.post("/v1/messages", json=body, headers={"anthropic-beta": "one-2026-01-01, two-2026-01-01"})

    betas = api.exchanges[-1].headers["anthropic-beta"].split(",")
    assert {"one-2026-01-01", "two-2026-01-01"} <= set(betas)


def test_the_cli_names_this_program_and_itself(api: ScriptedApi, http: httpx.Client) -> None:
    Client(http).ask([user("hello")])

    agent = api.exchanges[-1].headers["user-agent"]
    assert agent.startswith("claude-cli/")
    assert "client-app/towpath/" in agent
    assert "Claude Agent SDK" in api.last["system"][1]["text"]
