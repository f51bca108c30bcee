"""A Responses request in which anything may be anything: translated, or refused with an ``ApiError``."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.generated import JSON_VALUES, damage
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from towpath.core.errors import ApiError
from towpath.core.openai.left_out import RESPONSES, leave_out
from towpath.core.openai.responses_request import renamed, repeated, translation, wants_summary
from towpath.core.openai.thinking import packed
from towpath.core.reading.request import MessagesRequest, parse_request

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)

THINKING = packed({"type": "thinking", "thinking": "hm", "signature": "s"})
PICTURE = {"type": "input_image", "image_url": "https://a/b.png", "detail": "auto"}
READ = {"type": "function", "name": "read", "description": "d", "parameters": {"type": "object"}}
FULL: dict[str, Any] = {
    "model": "m",
    "instructions": "be brief",
    "max_output_tokens": 10,
    "temperature": 0.5,
    "top_p": 1,
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "tools": [
        READ,
        {"type": "namespace", "name": "n", "description": "d", "tools": [READ]},
        {
            "type": "custom",
            "name": "patch",
            "format": {"type": "grammar", "syntax": "lark", "definition": "x"},
        },
        {"type": "web_search"},
    ],
    "tool_choice": {"type": "function", "name": "read"},
    "parallel_tool_calls": False,
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
    "reasoning": {"effort": "low", "summary": "auto"},
    "user": "u",
    "include": ["reasoning.encrypted_content"],
    "metadata": {"a": "b"},
    "prompt_cache_key": "k",
    "store": False,
    "input": [
        {"role": "developer", "content": "be polite"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}, PICTURE]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": THINKING},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "so"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "read", "arguments": '{"a": 1}'},
        {"type": "function_call_output", "call_id": "c1", "output": [PICTURE]},
        {"type": "custom_tool_call", "call_id": "c2", "namespace": "n", "name": "patch", "input": "x"},
        {"role": "developer", "content": "be brief"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
        {"type": "local_shell_call", "call_id": "c3", "action": {"type": "exec"}},
        {"type": "function_call_output", "call_id": "c3", "output": "done"},
        {
            "role": "user",
            "content": [{"type": "input_file", "file_data": "data:a/b;base64,c", "filename": "f"}],
        },
    ],
}


@st.composite
def damaged_requests(draw: st.DrawFn) -> Any:
    fields = {name: FULL[name] for name in draw(st.sets(st.sampled_from(sorted(FULL))))} | {"model": "m"}
    return damage(draw, {**fields, "input": FULL["input"]} if draw(st.booleans()) else FULL)


def carried(body: Any) -> MessagesRequest:
    """The outcome of a body. The answer to one that is translated can repeat what it asked for."""
    made = translation(leave_out(body, RESPONSES)[0])
    translated = orjson.dumps(made.request)
    try:
        request = parse_request(translated)
    except ApiError as error:
        raise renamed(error, made) from error
    assert isinstance(wants_summary(body), bool)
    orjson.dumps(repeated(body))
    return request


def test_the_undamaged_request_is_translated() -> None:
    request = carried(FULL)

    assert [message["role"] for message in request.messages] == [*["user", "assistant"] * 2, "user"]
    assert [block["type"] for block in request.messages[1]["content"]] == ["thinking", "text", "tool_use"]


@fuzzed
@given(JSON_VALUES | damaged_requests())
def test_no_request_raises_anything_but_an_api_error(body: Any) -> None:
    try:
        carried(body)
    except ApiError as error:
        assert error.status == 400
