"""OpenAI's chat API in both directions: what translates, and what is refused by its name."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.openai.chat_answer import ChatChunks, chat_completion, usage_of
from towpath.core.openai.chat_request import translation
from towpath.core.openai.chat_shape import Shape
from towpath.core.openai.shared_fields import DEFAULT_MAX_TOKENS
from towpath.core.openai.shared_parts import error_body
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
HI: Json = {"role": "user", "content": "hi"}
FUNCTION: Json = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
TOOL: Json = {"type": "function", "function": FUNCTION}
MADE: Json = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
SAID: Json = {"type": "text", "text": "hi"}
CALL: Json = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a": [1]}'}}


def translated(**fields: Any) -> Json:
    return translation({"model": "m", "messages": [HI], **fields}).request


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"stop": "x"}, {"stop_sequences": ["x"]}),
        ({"stop": ["x", "y"]}, {"stop_sequences": ["x", "y"]}),
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        ({"user": "u"}, {"metadata": {"user_id": "u"}}),
        ({"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"reasoning": {"effort": "high", "summary": "auto"}}, {"output_config": {"effort": "high"}}),
        ({"reasoning": {"summary": "auto"}}, {}),
        ({"top_k": 5}, {"top_k": 5}),
        ({"parallel_tool_calls": False, "tool_choice": "auto", "top_p": 1}, {}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": 1}}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
        ),
        ({"response_format": {"type": "text"}}, {}),
        (
            {"tools": [TOOL]},
            {"tools": [MADE]},
        ),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
        ({"tool_choice": "none"}, {}),
        ({"tools": [TOOL], "tool_choice": "none"}, {"tools": [MADE], "tool_choice": {"type": "none"}}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"type": "tool", "name": "f"}},
        ),
        (
            {"tools": [TOOL], "parallel_tool_calls": False},
            {"tools": [MADE], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        ),
        ({"parallel_tool_calls": True, "n": 1, "presence_penalty": 0, "seed": None, "logprobs": False}, {}),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
    ],
)
def test_a_parameter_has_its_counterpart(fields: Json, expected: Json) -> None:
    base = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}

    assert translated(**fields) == {"max_tokens": DEFAULT_MAX_TOKENS, **base, **expected}


def test_a_conversation_with_calls_and_results() -> None:
    png, pdf = "data:image/png;base64,iVBO", "data:application/pdf;base64,JVBE"
    request = translated(
        messages=[
            {"role": "system", "content": "one"},
            {"role": "developer", "content": [{"type": "text", "text": "two"}]},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": png}},
                    {"type": "image_url", "image_url": {"url": "https://a.test/b.png", "detail": "high"}},
                    {"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None},
            {"role": "tool", "tool_call_id": "t1", "content": "found"},
            {"role": "user", "content": "go on"},
            {"role": "developer", "content": "shortly"},
        ],
    )

    assert [block["text"] for block in request["system"]] == ["one", "two"]
    roles = ["user", "assistant", "user", "user", "system"]
    assert [message["role"] for message in request["messages"]] == roles
    sources = [block["source"] for block in request["messages"][0]["content"]]
    assert sources == [
        {"type": "base64", "media_type": "image/png", "data": "iVBO"},
        {"type": "url", "url": "https://a.test/b.png"},
        {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
    ]
    assert request["messages"][1]["content"] == [
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": [1]}}
    ]
    assert request["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "found"}
    ]
    assert request["messages"][4]["content"] == [{"type": "text", "text": "shortly"}]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"n": 2}, "n"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"audio": {"voice": "x", "format": "wav"}}, "audio"),
        ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens"),
        ({"functions": [], "tools": []}, "functions"),
        ({"functions": {}}, "functions"),
        ({"functions": [FUNCTION], "messages": "hi"}, "messages"),
        ({"function_call": "sometimes"}, "tool_choice"),
        ({"thinking": True}, "thinking"),
        ({"reasoning": "high"}, "reasoning"),
        ({"reasoning": {"effort": "enormous"}}, "reasoning.effort"),
        ({"reasoning": {"max_tokens": 5}}, "reasoning.max_tokens"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"reasoning_effort": "enormous"}, "reasoning_effort"),
        ({"tools": [{"type": "custom"}]}, "tools.0.type"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "web_search", "name": "search"}]}, "tools.0.type"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"stream_options": {"x": 1}}, "stream_options"),
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"role": "critic", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages.0.content.0.type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages.0.content.0.image_url.url",
        ),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "{"}}],
                    }
                ]
            },
            "messages.0.tool_calls.0.function.arguments",
        ),
    ],
)
def test_what_has_no_counterpart_is_named(fields: Json, field: str) -> None:
    with pytest.raises(ApiError) as caught:
        translated(**fields)

    assert caught.value.status == 400
    assert caught.value.message.startswith(f"{field}: ")


def test_an_error_in_a_message_names_its_place_in_the_clients_list() -> None:
    system, said = {"role": "system", "content": "x"}, {"role": "assistant", "content": "x"}
    unasked = {"role": "tool", "tool_call_id": "t1", "content": "x"}
    made = translation({"model": "m", "messages": [system, HI, system, said, unasked, HI]})
    with pytest.raises(ApiError) as caught:
        parse_request(orjson.dumps(made.request))

    assert made.renamed(caught.value).message.startswith("messages.4.content.0: unexpected `tool_use_id`")


MESSAGE: Json = {
    "id": "msg_1",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "t2", "name": "g", "input": {}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 7},
}
EVENTS: list[Event] = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "I look."}},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'},
    },
    {
        "type": "content_block_start",
        "index": 3,
        "content_block": {"type": "tool_use", "id": "t2", "name": "g", "input": {}},
    },
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]


def test_a_whole_answer() -> None:
    answer = chat_completion(MESSAGE, 1234)

    (choice,) = answer["choices"]
    assert (answer["id"], answer["created"], answer["model"]) == ("chatcmpl-msg_1", 1234, "claude-x")
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "I look."
    assert [call["function"] for call in choice["message"]["tool_calls"]] == [
        {"name": "f", "arguments": '{"a":1}'},
        {"name": "g", "arguments": "{}"},
    ]


@pytest.mark.parametrize("include_usage", [False, True])
def test_the_chunks_of_a_stream_come_to_the_same(*, include_usage: bool) -> None:
    chunks = ChatChunks(1234, Shape(usage=include_usage))
    sent = [chunk for event in EVENTS for chunk in chunks.add(event)]
    deltas = [choice["delta"] for chunk in sent for choice in chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]

    assert "".join(delta.get("content", "") for delta in deltas) == "I look."
    assert [(call["index"], call.get("id")) for call in calls] == [(0, "t1"), (0, None), (1, "t2")]
    assert calls[1]["function"] == {"arguments": '{"a":1}'}
    finished = [choice["finish_reason"] for chunk in sent for choice in chunk["choices"]]
    assert [reason for reason in finished if reason] == ["tool_calls"]
    assert ("usage" in sent[0], sent[-1]["choices"] == []) == (include_usage, include_usage)
    if include_usage:
        assert sent[-1]["usage"]["completion_tokens"] == 7


def test_cached_tokens_are_a_part_of_the_prompt() -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 2,
        "output_tokens": 7,
    }

    assert usage_of(usage) == {
        "prompt_tokens": 10,
        "completion_tokens": 7,
        "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 5},
    }


@pytest.mark.parametrize(
    ("stop_reason", "finish"),
    [("end_turn", "stop"), ("max_tokens", "length"), ("refusal", "content_filter"), ("news", "stop")],
)
def test_why_it_ended(stop_reason: str, finish: str) -> None:
    answer = chat_completion({**MESSAGE, "stop_reason": stop_reason}, 0)

    assert answer["choices"][0]["finish_reason"] == finish


def test_an_answer_of_words_alone_has_no_calls() -> None:
    message = {"id": "m", "model": "x", "content": [SAID], "stop_reason": "end_turn", "usage": {}}

    assert "tool_calls" not in chat_completion(message, 0)["choices"][0]["message"]


def test_a_text_that_begins_with_words_begins_with_a_chunk() -> None:
    chunks = ChatChunks(0, Shape())
    start = {"type": "message_start", "message": {"id": "m", "model": "x", "usage": {}}}
    opened = {"type": "content_block_start", "index": 0, "content_block": SAID}

    assert [chunk["choices"][0]["delta"] for event in (start, opened) for chunk in chunks.add(event)][-1] == {
        "content": "hi"
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({"model": "m"}, "messages"),
        ({"messages": [{"role": "assistant", "tool_calls": "f"}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "assistant", "tool_calls": ["f"]}]}, "messages.0.tool_calls.0.function"),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]},
            "messages.0.content.0.type",
        ),
    ],
)
def test_a_body_of_another_shape_is_refused_by_its_field(body: Any, field: str) -> None:
    with pytest.raises(ApiError, match=f"^400 .*: {field}: "):
        translation(body)


def test_a_stream_ends_with_the_usage_where_that_is_asked_for() -> None:
    asked: Json = {"model": "m", "messages": [HI]}

    assert translation({**asked, "stream_options": {"include_usage": True}}).shape.usage
    assert not translation({**asked, "stream_options": None}).shape.usage


def test_an_error_is_in_openais_form() -> None:
    error = {"message": "no", "type": "invalid_request_error", "param": None, "code": None}

    assert error_body(ApiError(400, "no")) == {"error": error}
