"""What makes two launches equal, and what a launch is made of."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from towpath.core.launch import Launch, launch_of
from towpath.core.reading.request import parse_request

CACHED = {"cache_control": {"type": "ephemeral"}}
READ: dict[str, Any] = {
    "name": "read",
    "description": "Reads.",
    "input_schema": {"type": "object", "required": ["path"]},
}
WRITE = {**READ, "name": "write"}


def launch(
    *, cwd: str = "/work", betas: Sequence[str] = (), caller: str = "", without: str = "", **changes: Any
) -> Launch:
    fields = {
        "model": "claude-opus-4-5",
        "max_tokens": 64,
        "system": "Be brief.",
        "tools": [READ, WRITE],
        "temperature": 0.5,
        "messages": [{"role": "user", "content": "hello"}],
        **changes,
    }
    fields.pop(without, None)
    return launch_of(parse_request(orjson.dumps(fields)), cwd=cwd, betas=betas, caller=caller)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"messages": [{"role": "user", "content": "other"}]}, id="messages"),
        pytest.param({"stream": True}, id="stream"),
        pytest.param({"tools": [READ, {**WRITE, **CACHED}]}, id="mark-on-a-tool"),
        pytest.param({"system": [{"type": "text", "text": "Be brief.", **CACHED}]}, id="mark-on-the-system"),
        pytest.param(CACHED, id="automatic-caching"),
        pytest.param({"tools": [dict(reversed(READ.items())), WRITE]}, id="order-of-keys"),
        pytest.param({"max_tokens": 64, "temperature": 5e-1}, id="the-same-numbers"),
        pytest.param({"tools": [{**READ, "strict": None, "type": None}, WRITE]}, id="nulls-in-a-tool"),
    ],
)
def test_the_key_ignores(changes: dict[str, Any]) -> None:
    assert launch(**changes).key == launch().key


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"model": "claude-opus-4-6"}, id="model"),
        pytest.param({"system": "Be long."}, id="system"),
        pytest.param({"without": "system"}, id="no-system"),
        pytest.param({"tools": [{**READ, "description": "Reads it."}, WRITE]}, id="description-of-a-tool"),
        pytest.param({"tools": [{**READ, "input_schema": {"type": "object"}}, WRITE]}, id="schema-of-a-tool"),
        pytest.param({"tools": [WRITE, READ]}, id="order-of-tools"),
        pytest.param({"tools": [READ]}, id="fewer-tools"),
        pytest.param({"without": "tools"}, id="no-tools"),
        pytest.param({"max_tokens": 65}, id="max-tokens"),
        pytest.param({"temperature": 0.6}, id="parameter"),
        pytest.param({"without": "temperature"}, id="no-parameter"),
        pytest.param({"metadata": {"user_id": "ann"}}, id="another-parameter"),
        pytest.param({"new_parameter": 1}, id="unknown-parameter"),
        pytest.param({"cwd": "/elsewhere"}, id="cwd"),
        pytest.param({"betas": ["context-1m"]}, id="betas"),
        pytest.param({"caller": "digest"}, id="caller"),
        pytest.param({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, id="an-hour-in-the-cache"),
    ],
)
def test_the_key_differs_by(changes: dict[str, Any]) -> None:
    assert launch(**changes).key != launch().key


def test_an_hour_in_the_cache_is_asked_for_wherever_the_mark_stands() -> None:
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}

    assert launch(tools=[{**READ, **hour}, WRITE]).key == launch(tools=[READ, {**WRITE, **hour}]).key


def test_a_tool_that_was_loaded_is_no_longer_deferred() -> None:
    deferred = {**READ, "defer_loading": True}
    call = {"type": "tool_use", "id": "t1", "name": "write", "input": {}}
    content = [{"type": "tool_reference", "tool_name": "read"}]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": content}
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]

    assert launch(tools=[deferred, WRITE]).body["tools"] == [deferred, WRITE]
    assert launch(tools=[deferred, WRITE], messages=messages).body["tools"] == [READ, WRITE]


def test_a_beta_that_is_named_twice_counts_once() -> None:
    assert launch(betas=["a", "b", "a"]).key == launch(betas=["a", "b"]).key


def test_names_of_one_family_are_one_model() -> None:
    assert launch(model="sonnet").key == launch(model="Sonnet").key
    assert launch(model="sonnet").model == "sonnet"


def test_tool_names_include_the_server_s_own_tools_that_have_a_name() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    toolset = {"type": "mcp_toolset", "mcp_server_name": "files"}

    assert launch(tools=[READ, search, toolset]).tool_names == ("read", "web_search")
    assert launch(without="tools").tool_names == ()


def test_the_body_is_the_request_s_fields_verbatim() -> None:
    marked = {**WRITE, **CACHED}

    assert launch(tools=[READ, marked], new=[1.0, None]).body == {
        "max_tokens": 64,
        "temperature": 0.5,
        "new": [1.0, None],
        "tools": [READ, marked],
    }


def test_without_tools_the_body_has_none() -> None:
    assert "tools" not in launch(tools=[]).body


def test_system_blocks_are_one_text_with_a_blank_line_between() -> None:
    blocks = [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]

    assert launch(system=blocks).system == "Be brief.\n\nBe kind."


ACCOUNTING = "x-anthropic-billing-header: cc_version=2.1.0"


@pytest.mark.parametrize(
    ("blocks", "system"),
    [
        ([ACCOUNTING, "Be brief."], "Be brief."),
        ([ACCOUNTING], ""),
        ([f"Send {ACCOUNTING}"], f"Send {ACCOUNTING}"),
    ],
)
def test_the_accounting_line_of_another_claude_code_is_no_part_of_the_system(
    blocks: list[str], system: str
) -> None:
    assert launch(system=[{"type": "text", "text": block} for block in blocks]).system == system


def test_the_body_is_not_in_the_representation() -> None:
    assert "Reads." not in repr(launch())


def test_keys_of_a_tools_schema_are_data() -> None:
    def key(properties: dict[str, object]) -> bytes:
        tool = {"name": "t", "input_schema": {"type": "object", "properties": properties}}
        return Launch("m", "", {"tools": [tool]}, "/").key

    assert key({"a": {"const": None}}) != key({"a": {}})
    assert key({"cache_control": {}}) != key({})
    assert Launch("m", "", {"x": 1e20}, "/").key != Launch("m", "", {"x": 1e21}, "/").key


@pytest.mark.parametrize(("kind", "forces"), [("any", True), ("tool", True), ("auto", False)])
def test_a_call_is_forced_by_the_tool_choice(kind: str, forces: bool) -> None:
    assert launch(tool_choice={"type": kind, "name": "read"}).forces_call is forces
