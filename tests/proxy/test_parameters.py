"""Every parameter of a request reaches the API as it was sent, and none that was not sent."""

from typing import Any

import httpx
import pytest

from tests.support.clouds import CLOUDS
from tests.support.fidelity import TOOLS, user
from tests.support.profiles import by_day
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
# The CLI's own, where the client sent none: the API's default temperature, who the user is for it, and
# an empty list for no tools.
OWN = {"model", "messages", "system", "stream", "max_tokens", "metadata", "temperature", "tools"}
OWN_AT_CLOUDS = {"anthropic_version", "anthropic_beta"}


@pytest.mark.each_access
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
            "max_tokens": 1,
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        },
        {
            "top_p": 0.9,
            "max_tokens": 128_000,
            "tool_choice": {"type": "tool", "name": "Bash"},
            "thinking": {"type": "disabled"},
            "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        },
        {
            "tool_choice": {"type": "none"},
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "max_tokens": 4000,
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
        {
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "low"},
            "model": "claude-opus-5-5",
        },
    ],
    ids=lambda fields: ",".join(fields),
)
def test_parameters_arrive_as_sent(
    api: ScriptedApi, http: httpx.Client, cloud: str | None, fields: dict[str, Any]
) -> None:
    Client(http).ask([user("SAY ok")], **fields)

    if cloud and "model" in fields:
        fields = {**fields, "model": CLOUDS[cloud].ids[fields["model"]]}
    assert {name: api.last.get(name) for name in fields} == fields
    assert set(api.last) <= OWN | set(fields) | (OWN_AT_CLOUDS if cloud else set())


def test_the_old_name_of_a_format_arrives_under_its_new_one(api: ScriptedApi, http: httpx.Client) -> None:
    output_format = {"type": "json_schema", "schema": SCHEMA}
    Client(http).ask([user("SAY {}")], output_format=output_format)

    assert api.last["output_config"] == {"format": output_format}


MODELS = (
    "claude-sonnet-4-5",
    "claude-opus-5-5",
    "claude-haiku-4-5-20251001",
    "claude-opus-4-20250514",  # in whose place the CLI would ask another one (engine.md, N2)
    "claude-3-5-sonnet-20241022",
    "claude-unheard-of-99",
)


@pytest.mark.parametrize(
    "model", by_day(["claude-opus-5-5", "claude-opus-4-20250514", "claude-unheard-of-99"], MODELS)
)
def test_the_model_is_the_one_that_was_asked_for_and_absent_parameters_stay_absent(
    api: ScriptedApi, http: httpx.Client, model: str
) -> None:
    Client(http).ask([user("hello")], model=model)

    assert api.last["model"] == model
    assert set(api.last) <= OWN
    assert api.last["max_tokens"] == 1000
    assert api.last.get("temperature", 1) == 1


def test_another_name_is_a_model_of_its_family(api: ScriptedApi, http: httpx.Client) -> None:
    """Which one: tests/core/test_models.py."""
    Client(http).ask([user("hello")], model="anthropic/My-Haiku")

    assert api.last["model"].startswith("claude-haiku-")


# Of the CLI's own tools: with some of these it would tell the model more.
NAMES = ("Agent", "Task", "Read", "Edit", "Write", "Skill", "TodoWrite", "WebSearch", "ToolSearch")


@pytest.mark.each_access
def test_tools_arrive_verbatim_and_add_nothing(api: ScriptedApi, http: httpx.Client) -> None:
    tools: list[dict[str, Any]] = [
        *TOOLS,
        *({"name": name, "description": "d", "input_schema": {"type": "object"}} for name in NAMES),
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
    assert len(api.last["messages"][0]["content"]) == 4  # environment, model, date, and the client's text


@pytest.mark.each_access
def test_the_system_prompt_arrives_after_the_clis_own_lines(api: ScriptedApi, http: httpx.Client) -> None:
    long = "A long prompt. " * 30_000
    Client(http).ask(
        [user("hello")], system=[{"type": "text", "text": long}, {"type": "text", "text": "End."}]
    )

    assert [block["text"] for block in api.last["system"][2:]] == [f"{long}\n\nEnd."]


def test_without_a_system_prompt_there_is_none_and_the_clients_betas_arrive_beside_the_clis_name(
    api: ScriptedApi, http: httpx.Client
) -> None:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [user("hello")], "system": ""}
    http.post("/v1/messages", json=body, headers={"anthropic-beta": "one-2026-01-01, two-2026-01-01"})

    assert len(api.last["system"]) == 2
    assert "Claude Agent SDK" in api.last["system"][1]["text"]
    headers = api.exchanges[-1].headers
    assert {"one-2026-01-01", "two-2026-01-01"} <= set(headers["anthropic-beta"].split(","))
    assert headers["user-agent"].startswith("claude-cli/")
    assert "client-app/towpath/" in headers["user-agent"]
