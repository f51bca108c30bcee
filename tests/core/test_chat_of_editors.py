"""What editors write into OpenAI's chat API that belongs to other APIs, and what its other servers answer."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.openai.chat_request import Translation, translation
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}}
FIELDS: Json = {"name": "f", "description": "d"}
MARK: Json = {"type": "ephemeral"}
GRAMMAR: Json = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}


def translated(**fields: Any) -> Translation:
    made = translation({"model": "m", **fields})
    parse_request(orjson.dumps(made.request))
    return made


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param({"type": "function", **FIELDS, "parameters": SCHEMA}, id="as the Responses API has it"),
        pytest.param({**FIELDS, "input_schema": SCHEMA}, id="as the Messages API has it"),
        pytest.param({"type": "custom", **FIELDS, "input_schema": SCHEMA}, id="with its type"),
    ],
)
def test_a_function_may_be_written_as_in_another_api(tool: Json) -> None:
    made = translated(
        messages=[USER],
        tools=[{**tool, "cache_control": MARK}],
        tool_choice={"type": "function", "name": "f"},
    )

    assert made.request["tools"] == [{**FIELDS, "input_schema": SCHEMA, "cache_control": MARK}]
    assert made.request["tool_choice"] == {"type": "tool", "name": "f"}
    assert not made.shape.custom


def test_a_tool_with_a_text_may_be_written_as_in_the_responses_api() -> None:
    made = translated(messages=[USER], tools=[{"type": "custom", **FIELDS, "format": GRAMMAR}])

    assert made.shape.custom == {"f"}
    assert "start: WORD" in made.request["tools"][0]["description"]


def test_a_request_of_the_responses_api_is_read_as_such_and_answered_as_a_chat() -> None:
    call = {"type": "custom_tool_call", "call_id": "c1", "name": "ApplyPatch", "input": "*** Begin"}
    made = translated(
        input=[USER, call, {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"}],
        tools=[{"type": "custom", "name": "ApplyPatch", "format": GRAMMAR}, {"type": "image_generation"}],
        reasoning={"effort": "high", "summary": "auto"},
        stream=True,
        stream_options={"include_usage": True},
        text={"verbosity": "low"},
    )

    assert [message["role"] for message in made.request["messages"]] == ["user", "assistant", "user"]
    assert made.request["messages"][1]["content"][0]["input"] == {"input": "*** Begin"}
    assert (made.shape.usage, made.shape.reasoning, *made.shape.custom) == (True, True, "ApplyPatch")
    assert set(made.left_out) == {"text.verbosity", "tools.image_generation"}
    assert made.renamed(ApiError(400, "messages.1.content: no")).message == "input.1.content: no"


def test_a_request_with_messages_and_input_is_a_chat() -> None:
    with pytest.raises(ApiError, match="input: has no counterpart"):
        translation({"model": "m", "messages": [USER], "input": "hi"})


def test_what_the_assistant_refused_is_what_it_said() -> None:
    answers: list[Json] = [
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]
    for answer in answers:
        made = translated(messages=[USER, answer, USER])
        assert made.request["messages"][1]["content"] == [{"type": "text", "text": "No."}]


def test_what_other_servers_answer_besides_is_left_out_and_named() -> None:
    answer = {
        "role": "assistant",
        "content": "hm",
        "reasoning": "a thought",
        "reasoning_details": [{"type": "reasoning.text"}],
        "annotations": [{"type": "url_citation"}],
        "audio": None,
        "images": [],
    }
    made = translated(messages=[USER, answer, USER], min_p=0.1, repetition_penalty=1.1)

    named = {f"messages.{name}" for name in ("reasoning", "reasoning_details", "annotations")}
    assert set(made.left_out) == {*named, "min_p", "repetition_penalty"}
