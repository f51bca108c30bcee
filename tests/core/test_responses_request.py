"""OpenAI's Responses API on its way in: what translates, and what is refused by its name."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.openai.left_out import RESPONSES, leave_out
from towpath.core.openai.responses_request import renamed, repeated, translation, wants_summary
from towpath.core.openai.shared_fields import DEFAULT_MAX_TOKENS
from towpath.core.openai.thinking import packed
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
FUNCTION: Json = {
    "type": "function",
    "name": "f",
    "description": "d",
    "parameters": {"type": "object"},
    "strict": True,
}
MADE: Json = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
CALL: Json = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a": [1]}'}
OUTPUT: Json = {"type": "function_call_output", "call_id": "c1", "output": "found"}
THINKING: Json = {"type": "thinking", "thinking": "hm", "signature": "s"}
REASONING: Json = {"type": "reasoning", "id": "rs_1", "summary": []}
LATE: Json = {"role": "system", "content": "later"}


def translated(**fields: Any) -> Json:
    asked, _ = leave_out({"model": "m", "input": "hi", **fields}, RESPONSES)
    return translation(asked).request


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"max_output_tokens": 5}, {"max_tokens": 5}),
        (
            {"temperature": 0.5, "top_p": 0.9, "stream": True},
            {"temperature": 0.5, "top_p": 0.9, "stream": True},
        ),
        ({"instructions": "be brief"}, {"system": [{"type": "text", "text": "be brief"}]}),
        ({"instructions": ""}, {}),
        ({"user": "u"}, {"metadata": {"user_id": "u"}}),
        ({"user": "u", "safety_identifier": "u"}, {"metadata": {"user_id": "u"}}),
        ({"user": "u", "safety_identifier": "newer"}, {"metadata": {"user_id": "newer"}}),
        ({"reasoning": {"effort": "max", "summary": "auto"}}, {"output_config": {"effort": "max"}}),
        ({"reasoning": {"effort": "none"}}, {"thinking": {"type": "disabled"}}),
        ({"reasoning": {"effort": None, "summary": None}}, {}),
        (
            {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"a": 1}, "strict": True}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
        ),
        (
            {"text": {"format": {"type": "json_schema", "schema": {"a": 1}, "description": "d"}}},
            {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1, "description": "d"}}}},
        ),
        ({"text": {"format": {"type": "text"}, "verbosity": "medium"}}, {}),
        (
            {"tools": [{**FUNCTION, "defer_loading": False, "async": False, "allowed_callers": ["direct"]}]},
            {"tools": [MADE]},
        ),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
        ({"tool_choice": {"type": "function", "name": "f"}}, {"tool_choice": {"type": "tool", "name": "f"}}),
        (
            {"tools": [FUNCTION], "parallel_tool_calls": False},
            {"tools": [MADE], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        ),
        (
            {
                "parallel_tool_calls": True,
                "store": False,
                "include": ["reasoning.encrypted_content"],
                "truncation": "disabled",
                "metadata": {"label": "x"},
                "client_metadata": {"turn": "1"},
                "prompt_cache_key": "k",
                "background": False,
                "previous_response_id": None,
                "service_tier": "auto",
                "top_logprobs": 0,
                "stream_options": {"include_obfuscation": False},
            },
            {},
        ),
    ],
)
def test_a_parameter_has_its_counterpart(fields: Json, expected: Json) -> None:
    base = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}

    assert translated(**fields) == {"max_tokens": DEFAULT_MAX_TOKENS, **base, **expected}


def test_a_conversation_with_thinking_calls_and_results() -> None:
    png, pdf = "data:image/png;base64,iVBO", "data:application/pdf;base64,JVBE"
    said = {"type": "output_text", "text": "I look.", "annotations": [], "logprobs": []}
    request = translated(
        instructions="zero",
        input=[
            {"role": "system", "content": "one"},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "two"}]},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "see"},
                    {"type": "input_image", "image_url": png, "detail": "auto"},
                    {"type": "input_file", "file_data": pdf, "filename": "a.pdf"},
                    {"type": "input_file", "file_url": "https://a.test/b.pdf"},
                ],
            },
            {**REASONING, "encrypted_content": packed(THINKING), "status": "completed"},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]},
            {**CALL, "id": "fc_c1", "status": "completed"},
            OUTPUT,
            {**OUTPUT, "call_id": "c2", "output": [{"type": "input_image", "image_url": png}]},
            {"role": "developer", "content": "Be short."},
            {"role": "assistant", "content": "Done."},
        ],
    )
    blocks = [block for message in request["messages"] for block in message["content"]]

    assert [block["text"] for block in request["system"]] == ["zero", "one", "two"]
    assert [message["role"][0] for message in request["messages"]] == [*"uaaauusau"]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
    assert blocks == [
        {"type": "text", "text": "see"},
        image,
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "url", "url": "https://a.test/b.pdf"}},
        THINKING,
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": [1]}},
        {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
        {"type": "tool_result", "tool_use_id": "c2", "content": [image]},
        {"type": "text", "text": "Be short."},
        {"type": "text", "text": "Done."},
        {"type": "text", "text": "Continue."},
    ]


@pytest.mark.parametrize(
    "content",
    [None, "gAAAAB", 7, packed({"type": "thinking"}), packed({"type": ["a"]})],
)
def test_a_reasoning_item_without_thinking_of_this_server_is_left_out(content: Any) -> None:
    item = {**REASONING, "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": content}
    request = translated(input=[{"role": "user", "content": "hi"}, item])

    assert [message["role"] for message in request["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"client_metadata": "a"}, "client_metadata"),
        ({"prompt_cache_key": 1}, "prompt_cache_key"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"instructions": ["a"]}, "instructions"),
        ({"reasoning": {"effort": "enormous"}}, "reasoning.effort"),
        ({"reasoning": {"summary": "brief"}}, "reasoning.summary"),
        ({"reasoning": {"budget": 5}}, "reasoning.budget"),
        ({"tools": [{**FUNCTION, "async": True}]}, "tools.0.async"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"tool_choice": {"type": "function", "name": "f", "more": 1}}, "tool_choice.more"),
        ({"tool_choice": {"type": "function", "name": "f", "namespace": ["n"]}}, "tool_choice.namespace"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"tools": [{"name": "f"}]}, "tools.0.type"),
        ({"tools": [{"type": "namespace", "name": "n", "tools": [FUNCTION, 7]}]}, "tools.0.tools.1.type"),
        ({"tools": [{"type": "namespace", "tools": [FUNCTION]}]}, "tools.0.name"),
        ({"tools": [{**FUNCTION, "more": 1}]}, "tools.0.more"),
        (
            {"tools": [{"type": "custom", "name": "p", "format": {"type": "grammar"}}]},
            "tools.0.format.syntax",
        ),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": []}}, "tool_choice"),
        ({"input": None}, "input"),
        ({"input": 7}, "input"),
        ({"input": ["hi"]}, "input.0"),
        ({"input": [{"role": "critic", "content": "x"}]}, "input.0.role"),
        ({"input": [{"role": "user", "content": None}]}, "input.0.content"),
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input.0.content.0.type"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "input.0.content.0.file_id",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input.0.content.0.image_url",
        ),
        (
            {"input": [{"role": "assistant", "content": [{"type": "refusal", "refusal": None}]}]},
            "input.0.content.0.refusal",
        ),
        (
            {"input": [{"role": "system", "content": [{"type": "refusal", "text": "no"}]}]},
            "input.0.content.0.type",
        ),
        ({"input": [{**CALL, "arguments": "{"}]}, "input.0.arguments"),
        ({"input": [{**CALL, "arguments": "[]"}]}, "input.0.arguments"),
        ({"input": [{**CALL, "call_id": None}]}, "input.0.call_id"),
        ({"input": [{**CALL, "name": 5}]}, "input.0.name"),
        ({"input": [{**OUTPUT, "call_id": 5}]}, "input.0.call_id"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input.0.content.0.text"),
        ({"input": [{**CALL, "namespace": 5}]}, "input.0.namespace"),
        ({"input": [{"type": "custom_tool_call", "call_id": "c", "name": "p"}]}, "input.0.input"),
        ({"input": [{**OUTPUT, "output": None}]}, "input.0.output"),
        ({"seed": 7}, "seed"),
    ],
)
def test_what_has_no_counterpart_is_named(fields: Json, field: str) -> None:
    with pytest.raises(ApiError) as caught:
        translated(**fields)

    assert caught.value.status == 400
    assert caught.value.message.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("items", "left_out"),
    [
        ([{"type": "web_search_call", "id": "ws_1", "status": "completed"}], {"input.web_search_call"}),
        ([{"type": "local_shell_call", "call_id": "c1"}, OUTPUT], {"input.local_shell_call"}),
        (
            [{"type": "tool_search_call", "call_id": "c1"}, {"type": "tool_search_output", "call_id": "c1"}],
            {"input.tool_search_call"},
        ),
        ([{"type": "news", "call_id": ["c"]}], {"input.news"}),
        ([{"role": "assistant", "content": []}, {"role": "developer", "content": ""}], set()),
    ],
)
def test_an_item_without_a_counterpart_is_left_out_and_leaves_no_empty_turn(
    items: list[Json], left_out: set[str]
) -> None:
    hi = {"role": "user", "content": "hi"}
    made = translation({"model": "m", "input": [hi, *items, {**hi, "name": "Ada"}]})

    assert [message["role"] for message in made.request["messages"]] == ["user", "user"]
    assert set(made.left_out) == {*left_out, "input.name"}
    assert made.indexes == [0, len(items) + 1]


def test_a_label_on_an_item_is_left_out_and_named_if_it_says_something() -> None:
    labelled = {
        "role": "user",
        "content": "hi",
        "internal_chat_message_metadata_passthrough": {"turn_id": "t"},
        "caller": {"type": "direct"},
        "async": False,
    }
    made = translation({"model": "m", "input": [labelled, {**CALL, "encrypted_args": "e"}, OUTPUT]})

    assert made.left_out == ["input.internal_chat_message_metadata_passthrough", "input.encrypted_args"]
    parse_request(orjson.dumps(made.request))


def test_what_another_agent_says_is_a_users_message() -> None:
    content = [
        {"type": "input_text", "text": "It floats."},
        {"type": "encrypted_content", "encrypted_content": "e"},
    ]
    items: list[Json] = [
        {"type": "agent_message", "author": "/root/one", "recipient": "/root", "content": content},
        {"type": "agent_message", "author": "/root/two", "recipient": "/root", "content": content[1:]},
    ]
    (message,) = translated(input=items)["messages"]

    assert [block["text"] for block in message["content"]] == [
        "Message from the agent /root/one:",
        "It floats.",
    ]


def test_tools_that_only_openai_runs_are_left_out() -> None:
    tools = [{"type": kind} for kind in ("image_generation", "local_shell", "file_search", "web_search")]
    made = translation({"model": "m", "input": "hi", "tools": tools, "tool_choice": "auto"})

    assert "tools" not in made.request
    assert made.left_out == [f"tools.{tool['type']}" for tool in tools]
    parse_request(orjson.dumps(made.request))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": [{"role": "system", "content": "x"}, REASONING, OUTPUT]}, "input.2.content.0"),
        ({"input": [{"role": "user", "content": "x"}, LATE, OUTPUT]}, "input.2.content.0"),
        ({"tools": [{"type": "web_search"}, FUNCTION, FUNCTION]}, "tools"),
        (
            {"tools": [{"type": "web_search"}, {**FUNCTION, "parameters": {"type": 7}}]},
            "tools.1.parameters.type",
        ),
        ({"input": [{"role": "user", "content": "x"}, CALL]}, "input.1"),
        ({"temperature": -1}, "temperature"),
    ],
)
def test_a_rule_of_the_messages_api_is_broken_in_the_clients_own_words(fields: Json, field: str) -> None:
    body = {"model": "m", "input": "hi", **fields}
    made = translation(body)
    with pytest.raises(ApiError) as caught:
        parse_request(orjson.dumps(made.request))
    error = renamed(caught.value, made)

    assert (error.status, error.message.split(": ")[0]) == (400, field)


def test_who_points_at_an_earlier_response_is_told_what_to_send() -> None:
    with pytest.raises(ApiError, match="send the whole conversation in `input`") as caught:
        translated(previous_response_id="resp_1")

    assert caught.value.code == "previous_response_not_found"


def test_no_tools_may_be_said_as_null() -> None:
    assert "tools" not in translated(tools=None)


def test_the_answer_repeats_what_was_asked_for() -> None:
    asked = {"model": "m", "input": "hi", "tools": [FUNCTION], "reasoning": {"effort": "low"}, "text": None}
    said = repeated({**asked, "metadata": {"a": "b"}, "parallel_tool_calls": None})

    assert (said["tools"], said["metadata"], said["parallel_tool_calls"]) == ([FUNCTION], {"a": "b"}, True)
    assert said["reasoning"] == {"effort": "low", "summary": None}
    assert (said["text"], said["tool_choice"], said["store"]) == ({"format": {"type": "text"}}, "auto", False)
    assert (wants_summary(asked), wants_summary({"reasoning": {"summary": "auto"}})) == (False, True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input": [{"role": "system", "content": ["be brief"]}]}, "input.0.content"),
        ({"text": "plain"}, "text"),
        ({"tools": "all"}, "tools"),
        ({"input": ["hi"]}, "input.0"),
        ({"input": [{}]}, "input.0.type"),
        ({"input": [{"type": 5}]}, "input.0.type"),
        ({"input": [{"role": "assistant", "content": [{"type": "input_image"}]}]}, "input.0.content.0.type"),
    ],
)
def test_a_field_of_another_shape_is_refused_by_its_name(fields: Json, field: str) -> None:
    with pytest.raises(ApiError, match=f"^400 .*: {field}: "):
        translated(**fields)


def test_a_text_without_a_format_changes_nothing() -> None:
    assert translated(text={"verbosity": "medium"}) == translated()
