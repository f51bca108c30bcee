"""Every rule of ``reading.rules`` and ``reading.block_rules``, as requests and the field that is named."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.reading.message import checked_message
from towpath.core.reading.request import parse_request
from towpath.core.reading.rules import MAX_MESSAGES, PARAMETER_CHECKS, check_messages

ABSENT = object()
USER = {"role": "user", "content": "hello"}
SYSTEM = {"role": "system", "content": "be brief"}
TOOL = {"name": "read", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "c1", "name": "read", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "text of the file"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
SERVER_CALL = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
SERVER_RESULT = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
THINKING = {"type": "thinking", "thinking": "hm", "signature": "s"}


def body_with(**changes: Any) -> bytes:
    fields = {"model": "claude-opus-4-5", "max_tokens": 64, "messages": [USER], **changes}
    return orjson.dumps({name: value for name, value in fields.items() if value is not ABSENT})


def refusal(**changes: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parse_request(body_with(**changes))
    return caught.value


def refused_path(**changes: Any) -> str:
    error = refusal(**changes)

    assert (error.status, error.type) == (400, "invalid_request_error")
    return error.message.partition(": ")[0]


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(value: Any) -> dict[str, Any]:
    return {"type": "text", "text": value}


def without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != key}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"model": ABSENT}, "model"),
        ({"model": ""}, "model"),
        ({"model": 4}, "model"),
        ({"model": "m" * 257}, "model"),
        ({"max_tokens": ABSENT}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": 10.0}, "max_tokens"),
        ({"max_tokens": "10"}, "max_tokens"),
        ({"stream": 1}, "stream"),
        ({"system": 4}, "system"),
        ({"system": ["text"]}, "system.0"),
        ({"system": [text("a"), {"text": "b"}]}, "system.1.type"),
        ({"system": [IMAGE]}, "system.0.type"),
        ({"system": [text("")]}, "system.0.text"),
        ({"system": [text(None)]}, "system.0.text"),
        ({"system": [{"type": "text"}]}, "system.0.text"),
        ({"system": [{**text("a"), "citations": [{}]}]}, "system.0.citations"),
        ({"system": [{**text("a"), "title": None}]}, "system.0.title"),
        ({"temperature": 1.01}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": "0.5"}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"top_k": -1}, "top_k"),
        ({"top_k": 0.5}, "top_k"),
        ({"top_k": False}, "top_k"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"stop_sequences": ["END", 4]}, "stop_sequences.1"),
        ({"stop_sequences": ["END", " \n"]}, "stop_sequences.1"),
        ({"thinking": True}, "thinking"),
        ({"thinking": {}}, "thinking.type"),
        ({"thinking": {"type": 1}}, "thinking.type"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1023}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048.0}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "disabled", "display": "omitted"}}, "thinking.display"),
        ({"metadata": "me"}, "metadata"),
        ({"output_config": "low"}, "output_config"),
        ({"betas": ["one-2026-01-01"]}, "betas"),
        ({"betas": None}, "betas"),
        ({"anthropic_beta": []}, "anthropic_beta"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version"),
        ({"user_profile_id": "u"}, "user_profile_id"),
        ({"workspace_id": "w"}, "workspace_id"),
        ({"program_use_case_id": "p"}, "program_use_case_id"),
    ],
)
def test_a_top_level_field_of_the_wrong_shape_is_named(changes: dict[str, Any], path: str) -> None:
    assert refused_path(**changes) == path


@pytest.mark.parametrize(
    ("tools", "path"),
    [
        ({}, "tools"),
        (["read"], "tools.0"),
        ([TOOL, {"input_schema": {"type": "object"}}], "tools.1.name"),
        ([{**TOOL, "type": "custom", "name": 4}], "tools.0.name"),
        ([{**TOOL, "name": ""}], "tools.0.name"),
        ([{**TOOL, "name": "a b"}], "tools.0.name"),
        ([{**TOOL, "name": "read\n"}], "tools.0.name"),
        ([{**TOOL, "name": "r" * 129}], "tools.0.name"),
        ([without(TOOL, "input_schema")], "tools.0.input_schema"),
        ([{**TOOL, "input_schema": []}], "tools.0.input_schema"),
        ([{**TOOL, "input_schema": {}}], "tools.0.input_schema.type"),
        ([{**TOOL, "input_schema": {"type": "array"}}], "tools.0.input_schema.type"),
        ([{**TOOL, "type": 1}], "tools.0.type"),
        ([{"type": "bash_20250124", "name": "not a name"}], "tools.0.name"),
        ([without({**TOOL, "type": "custom"}, "name")], "tools.0.name"),
        ([TOOL, TOOL], "tools"),
        ([TOOL, {"type": "web_search_20250305", "name": "read"}], "tools"),
    ],
)
def test_a_tool_that_cannot_be_offered_is_named(tools: Any, path: str) -> None:
    assert refused_path(tools=tools) == path


@pytest.mark.parametrize(
    "tool",
    [
        {**TOOL, "type": "custom", "strict": True, "eager_input_streaming": True},
        {**TOOL, "type": None},
        {**TOOL, "name": "r" * 128},
        {**TOOL, "input_schema": {"type": "object", "anyOf": [{"required": ["a"]}]}},
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "mcp_toolset", "mcp_server_name": "files"},
    ],
)
def test_a_tool_is_kept_verbatim(tool: dict[str, Any]) -> None:
    assert parse_request(body_with(tools=[TOOL | {"name": "first"}, tool])).tools[1] == tool


@pytest.mark.parametrize(
    ("choice", "tools", "path"),
    [
        ("auto", [TOOL], "tool_choice"),
        ({}, [TOOL], "tool_choice.type"),
        ({"type": ["auto"]}, [TOOL], "tool_choice.type"),
        ({"type": "some"}, [TOOL], "tool_choice.type"),
        ({"type": "any"}, [], "tool_choice"),
        ({"type": "tool", "name": "read"}, [], "tool_choice"),
        ({"type": "tool"}, [TOOL], "tool_choice.name"),
        ({"type": "tool", "name": "write"}, [TOOL], "tool_choice.name"),
    ],
)
def test_a_tool_choice_must_name_what_is_there(choice: Any, tools: list[Any], path: str) -> None:
    assert refused_path(tool_choice=choice, tools=tools) == path


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        (ABSENT, "messages"),
        ({}, "messages"),
        ([], "messages"),
        (["hello"], "messages.0"),
        ([{"content": "hello"}], "messages.0.role"),
        ([{"role": ["user"], "content": "hello"}], "messages.0.role"),
        ([{"role": "tool", "content": "hello"}], "messages.0.role"),
        ([SYSTEM], "messages.0.role"),
        ([SYSTEM, USER], "messages.0.role"),
        ([USER, {"role": "system", "content": ""}], "messages.1"),
        ([USER, {"role": "system", "content": " "}], "messages.1.content"),
        ([USER, {"role": "system", "content": [text(" ")]}], "messages.1.content.0.text"),
        ([USER, {"role": "system", "content": [{"type": "tool_removal"}]}], "messages.1.content.0.type"),
        ([USER, {"role": "system", "content": [{**text("a"), "title": "b"}]}], "messages.1.content.0.title"),
        ([USER, {"role": "system", "content": [], "output_config": {}}], "messages.1.output_config"),
        ([USER, SYSTEM, USER], "messages.1.role"),
        ([USER, SYSTEM, SYSTEM], "messages.1.role"),
        ([USER, assistant(text("yes")), SYSTEM], "messages.2.role"),
        ([USER, assistant(text("yes")), SYSTEM, USER], "messages.2.role"),
        ([USER, assistant(CALL), SYSTEM, user(RESULT)], "messages.2.role"),
        ([USER, assistant(text(" ")), SYSTEM, USER], "messages.2.role"),
        ([assistant(text(" ")), SYSTEM, USER], "messages.1.role"),
        ([USER, assistant(text(" "))], "messages.1.role"),
        ([USER, {"role": "assistant", "content": "Well,"}], "messages.1.role"),
        ([USER, USER, {"role": "assistant", "content": "Well,"}], "messages.2.role"),
        ([{**USER, "name": "ann"}], "messages.0.name"),
        ([{"role": "user"}], "messages.0.content"),
        ([{"role": "user", "content": None}], "messages.0.content"),
        ([{"role": "user", "content": " \n"}], "messages.0.content"),
        ([{"role": "user", "content": ""}], "messages.0"),
        ([user()], "messages.0"),
        ([USER, assistant(), USER], "messages.1"),
        ([USER, {"role": "assistant", "content": ""}, USER], "messages.1"),
    ],
)
def test_a_message_of_the_wrong_shape_is_named(messages: Any, path: str) -> None:
    assert refused_path(messages=messages) == path


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ("hello", ""),
        ({}, ".type"),
        ({"type": ["text"]}, ".type"),
        ({"type": "video"}, ".type"),
        (THINKING, ".type"),
        (CALL, ".type"),
        ({"type": "web_search_tool_result"}, ".type"),
        ({"type": "text"}, ".text"),
        (text(4), ".text"),
        (text(""), ".text"),
        (text(" \t"), ".text"),
        ({"type": "image"}, ".source"),
        ({"type": "image", "source": "url"}, ".source"),
        ({"type": "document", "source": {}}, ".source.type"),
        ({"type": "document", "source": {"type": 4}}, ".source.type"),
        ({"type": "tool_result"}, ".tool_use_id"),
        ({**RESULT, "tool_use_id": 4}, ".tool_use_id"),
        ({**RESULT, "is_error": "no"}, ".is_error"),
        ({**RESULT, "is_error": True, "content": [IMAGE]}, ""),
        ({**RESULT, "content": 4}, ".content"),
        ({**RESULT, "name": "read"}, ".name"),
        ({**RESULT, "name": None}, ".name"),
        ({**RESULT, "content": [text("a"), "b"]}, ".content.1"),
        ({**RESULT, "content": [{}]}, ".content.0.type"),
        ({**RESULT, "content": [THINKING]}, ".content.0.type"),
        ({**RESULT, "content": [text(4)]}, ".content.0.text"),
        ({**RESULT, "content": [{"type": "image"}]}, ".content.0.source"),
    ],
)
def test_a_user_block_that_cannot_be_carried_is_named(block: Any, path: str) -> None:
    assert refused_path(messages=[user(text("hello"), block)]) == f"messages.0.content.1{path}"


@pytest.mark.parametrize(
    ("block", "path"),
    [
        (IMAGE, ".type"),
        (RESULT, ".type"),
        ({"type": "fallback"}, ".type"),
        (text(None), ".text"),
        (without(THINKING, "signature"), ".signature"),
        ({**THINKING, "thinking": 4}, ".thinking"),
        ({"type": "redacted_thinking"}, ".data"),
        (without(CALL, "id"), ".id"),
        ({**CALL, "name": None}, ".name"),
        ({**CALL, "index": 0}, ".index"),
        ({**CALL, "partial_json": None}, ".partial_json"),
        ({"type": "server_tool_use", "name": "web_search", "input": {}}, ".id"),
        (SERVER_CALL, ""),
        ({**SERVER_CALL, "type": "mcp_tool_use"}, ""),
        ({**CALL, "input": "{}"}, ".input"),
        ({**CALL, "caller": {"type": "code_execution_20250825", "tool_id": "s1"}}, ".caller"),
    ],
)
def test_an_assistant_block_that_cannot_be_carried_is_named(block: Any, path: str) -> None:
    assert refused_path(messages=[USER, assistant(block), USER]) == f"messages.1.content.0{path}"


@pytest.mark.parametrize(
    "block",
    [
        text(""),
        text(" \n"),
        {**text("see there"), "citations": None, "unknown": 1},
        THINKING,
        {"type": "redacted_thinking", "data": "x"},
        SERVER_RESULT,
        {"type": "compaction", "content": "so far"},
        {"type": "future_block", "says": 1},
    ],
)
def test_whatever_a_model_emits_is_taken_back_as_it_is(block: dict[str, Any]) -> None:
    said = assistant(block, text("so"))

    assert parse_request(body_with(messages=[USER, said, USER])).messages[1] == said


@pytest.mark.parametrize(
    "said",
    [
        [assistant(SERVER_CALL, SERVER_RESULT)],
        [assistant(SERVER_RESULT, SERVER_CALL)],
        [assistant(SERVER_CALL), assistant(text("so"), SERVER_RESULT)],
        [assistant({**SERVER_CALL, "type": "mcp_tool_use"}, {**SERVER_RESULT, "type": "mcp_tool_result"})],
    ],
)
def test_a_call_of_the_apis_own_tools_has_its_result_beside_it(said: list[Any]) -> None:
    blocks = [block for message in said for block in message["content"]]

    assert parse_request(body_with(messages=[USER, *said, USER])).messages[1] == assistant(*blocks)


def test_a_result_in_a_later_turn_is_too_late_for_a_call_of_the_apis_own_tools() -> None:
    messages = [USER, assistant(CALL, SERVER_CALL), user(RESULT), assistant(SERVER_RESULT), USER]

    assert refused_path(messages=messages) == "messages.1.content.1"


NOTHING_SAID = [text(""), text(" \n"), THINKING, {"type": "redacted_thinking", "data": "x"}]


@pytest.mark.parametrize("block", NOTHING_SAID)
def test_what_an_assistant_said_without_a_word_leaves_no_trace(block: dict[str, Any]) -> None:
    silence = [assistant(block), assistant(text("\t"), block)]
    messages = [*silence, USER, *silence, USER, assistant(CALL), user(RESULT), *silence, USER]

    request = parse_request(body_with(messages=messages))
    expected = [user(text("hello"), text("hello")), assistant(CALL), user(RESULT, text("hello"))]
    assert request.messages == tuple(expected)
    assert request == parse_request(body_with(messages=expected))


def test_beside_a_word_it_stays() -> None:
    said = assistant(THINKING, text(" "), text("so"))

    request = parse_request(body_with(messages=[USER, assistant(text(" ")), said, USER]))
    assert request.messages[1] == assistant(text(" "), *said["content"])


@pytest.mark.parametrize(
    "block",
    [
        {**text("hello"), "cache_control": {"type": "ephemeral"}},
        {**IMAGE, "unknown": 1},
        {"type": "document", "source": {"type": "text", "data": ""}, "title": "t"},
        {"type": "search_result", "source": "https://example.org", "title": "t", "content": []},
        {"type": "container_upload", "file_id": "f1"},
    ],
)
def test_whatever_a_user_may_send_is_taken_as_it_is(block: dict[str, Any]) -> None:
    assert parse_request(body_with(messages=[user(block)])).messages == (user(block),)


@pytest.mark.parametrize(
    "result",
    [
        without(RESULT, "content"),
        {**RESULT, "content": ""},
        {**RESULT, "content": None, "is_error": None},
        {**RESULT, "content": []},
        {**RESULT, "content": [text(""), IMAGE, {"type": "tool_reference", "tool_name": "read"}]},
        {**RESULT, "is_error": True, "cache_control": {"type": "ephemeral"}},
    ],
)
@pytest.mark.parametrize("caller", [{}, {"caller": None}, {"caller": {"type": "direct"}}])
def test_a_result_may_be_empty_an_error_or_a_list(result: dict[str, Any], caller: dict[str, Any]) -> None:
    messages = [USER, assistant({**CALL, **caller}), user(result)]

    assert parse_request(body_with(messages=messages, tools=[TOOL])).messages[2] == user(result)


def test_an_effort_inside_the_conversation_is_refused_in_the_words_that_clients_look_for() -> None:
    effort = {"role": "system", "content": [], "output_config": {"effort": "high"}}

    error = refusal(messages=[USER, effort])
    assert error.message == "messages.1.output_config: Extra inputs are not permitted"


OTHER_CALL = {**CALL, "id": "c2"}
OTHER_RESULT = {**RESULT, "tool_use_id": "c2"}
WITHOUT_RESULT = "`tool_use` ids were found without `tool_result` blocks immediately after: "
UNEXPECTED = "unexpected `tool_use_id` found in `tool_result` blocks: "


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([USER, assistant(CALL), USER], f"messages.1: {WITHOUT_RESULT}c1"),
        ([USER, assistant(CALL, OTHER_CALL), USER], f"messages.1: {WITHOUT_RESULT}c1, c2"),
        ([USER, assistant(CALL, OTHER_CALL), user(RESULT)], f"messages.1: {WITHOUT_RESULT}c2"),
        ([USER, USER, assistant(text("a")), assistant(CALL), USER], f"messages.3: {WITHOUT_RESULT}c1"),
        ([user(text("a"), RESULT)], f"messages.0.content.1: {UNEXPECTED}c1"),
        ([USER, assistant(CALL), USER, user(RESULT, OTHER_RESULT)], f"messages.3.content.1: {UNEXPECTED}c2"),
        (
            [USER, assistant(CALL), user(RESULT), assistant(text("a")), user(RESULT)],
            f"messages.4.content.0: {UNEXPECTED}c1",
        ),
        (
            [USER, assistant(CALL), user(RESULT, RESULT)],
            "messages.2.content.1: found multiple `tool_result` blocks with id: c1",
        ),
        ([USER, assistant(CALL, CALL), user(RESULT)], "messages.1.content.1: `tool_use` ids must be unique"),
        (
            [USER, assistant(CALL), user(RESULT), assistant(CALL), user(RESULT)],
            "messages.3.content.0: `tool_use` ids must be unique",
        ),
    ],
)
def test_a_call_without_its_one_result_is_named(messages: list[Any], message: str) -> None:
    assert refusal(messages=messages).message == message


def test_calls_and_results_are_paired_over_adjacent_messages_of_one_role() -> None:
    messages = [USER, assistant(CALL), assistant(OTHER_CALL), user(OTHER_RESULT), user(RESULT, text("go on"))]

    assert parse_request(body_with(messages=messages)).messages == (
        user(text("hello")),
        assistant(CALL, OTHER_CALL),
        user(OTHER_RESULT, RESULT, text("go on")),
    )


def test_a_thread_is_refused_before_anything_else_in_the_way_that_sdks_understand() -> None:
    error = refusal(thread={"type": "continue", "previous_message_id": "msg_1"}, model=ABSENT, messages=[])

    assert error.body("req_1")["error"]["details"] == {
        "error_code": "thread_unsupported_request",
        "unsupported": [],
    }
    assert (error.status, error.message.partition(": ")[0]) == (400, "thread")


NULLS = {"system": None, "tools": None, "tool_choice": None, "stream": None, "thread": None}


@pytest.mark.parametrize("name", [*NULLS, *PARAMETER_CHECKS])
def test_a_null_in_an_optional_field_says_the_same_as_its_absence(name: str) -> None:
    assert parse_request(body_with(**{name: None})) == parse_request(body_with())


def test_a_null_in_a_field_without_a_rule_goes_on_as_it_is() -> None:
    assert parse_request(body_with(container=None)).parameters == {"container": None}


@pytest.mark.parametrize("citations", [None, []])
def test_a_text_of_the_system_prompt_may_say_that_it_cites_nothing(citations: Any) -> None:
    cited = {**text("be brief"), "citations": citations, "cache_control": None}

    assert parse_request(body_with(system=[cited])).system == ("be brief",)
    told = {"role": "system", "content": [cited]}
    plain = {"role": "system", "content": "be brief"}
    assert parse_request(body_with(messages=[USER, told])) == parse_request(body_with(messages=[USER, plain]))


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": 0, "top_p": 1, "top_k": 0, "stop_sequences": []},
        {"temperature": 0.5, "top_p": 0.99, "stop_sequences": ["END", "\nHuman"]},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "adaptive", "display": "summarized"}},
        {"metadata": {"user_id": None}},
        {"tools": [], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "read"}},
        {"tools": [TOOL], "tool_choice": {"type": "any"}},
        {"tool_choice": {"type": "none"}},
        {"output_config": {"effort": "low"}, "context_management": {"edits": []}, "no_such_field": [1]},
    ],
)
def test_a_parameter_that_keeps_the_rules_is_kept_verbatim(parameters: dict[str, Any]) -> None:
    assert parse_request(body_with(**parameters)).parameters == without(parameters, "tools")


def test_more_messages_than_the_api_takes_are_refused() -> None:
    assert refusal(messages=[USER] * (MAX_MESSAGES + 1)).message == (
        "messages: at most 100,000 messages are possible"
    )
    check_messages([checked_message(USER, b"")] * MAX_MESSAGES)
