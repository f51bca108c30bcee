"""A chat request in which anything may be anything: translated, or refused with an ``ApiError``."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.generated import JSON_VALUES, damage
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from towpath.core.errors import ApiError
from towpath.core.openai.chat_request import translation
from towpath.core.reading.request import parse_request

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)

FUNCTION = {"name": "read", "description": "d", "parameters": {"type": "object"}, "strict": True}
CALL = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"a": 1}'}}
PATCH = {"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}}
PATCHED = {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "a"}}
FULL: dict[str, Any] = {
    "model": "m",
    "max_tokens": 10,
    "temperature": 0.5,
    "top_p": 1,
    "stop": ["a"],
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [{"type": "function", "function": FUNCTION}, PATCH],
    "tool_choice": {"type": "function", "function": {"name": "read"}},
    "parallel_tool_calls": False,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    "reasoning_effort": "low",
    "user": "u",
    "n": 1,
    "logit_bias": {},
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL, PATCHED], "reasoning_content": "hm"},
        {"role": "tool", "tool_call_id": "c1", "content": "done", "cache_control": {"type": "ephemeral"}},
        {
            "role": "tool",
            "tool_call_id": "c2",
            "content": [{"type": "text", "text": "done"}],
            "name": "patch",
        },
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]},
    ],
}

OF_OLD: list[Any] = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "function_call": {"name": "read", "arguments": ""}},
    {"role": "function", "name": "read", "content": "done"},
]


def translated(body: Any) -> Any:
    return translation(body).request


@st.composite
def damaged_chats(draw: st.DrawFn) -> Any:
    fields = {name: FULL[name] for name in draw(st.sets(st.sampled_from(sorted(FULL))))} | {"model": "m"}
    if draw(st.booleans()):
        fields["response_format"] = {"type": "json_object"}
    if draw(st.booleans()):
        fields |= {"functions": [FUNCTION], "function_call": {"name": "read"}, "messages": OF_OLD}
    return damage(draw, {**FULL, **fields} if draw(st.booleans()) else {"messages": OF_OLD, **fields})


def test_the_undamaged_request_is_translated() -> None:
    assert parse_request(orjson.dumps(translated(FULL))).model == "m"


@pytest.mark.parametrize(
    "damage",
    [
        {"tool_choice": {"type": "function", "function": "read"}},
        {"response_format": {"type": "json_schema", "json_schema": ["n"]}},
        {"reasoning_effort": ["low"]},
    ],
    ids=lambda damage: next(iter(damage)),
)
def test_a_value_of_another_type_is_refused(damage: Any) -> None:
    with pytest.raises(ApiError):
        parse_request(orjson.dumps(translated(FULL | damage)))


@fuzzed
@given(JSON_VALUES | damaged_chats())
def test_no_chat_request_raises_anything_but_an_api_error(body: Any) -> None:
    try:
        parse_request(orjson.dumps(translated(body)))
    except ApiError as error:
        assert error.status == 400
