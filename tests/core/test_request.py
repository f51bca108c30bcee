"""A body becomes the one form of a conversation, or else an ``ApiError`` and nothing else."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.generated import JSON_VALUES, REQUESTS, damaged
from towpath.core.canonical import SYSTEM_TEXT, block_digest, message_digest
from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import MAX_BODY_BYTES, MAX_DEPTH, is_deeper_than
from towpath.core.reading.request import MessagesRequest, parse_request

USER = {"role": "user", "content": "hello"}
TOOL = {"name": "read", "input_schema": {"type": "object"}}


def body_with(**changes: Any) -> bytes:
    return orjson.dumps({"model": "claude-opus-4-5", "max_tokens": 64, "messages": [USER], **changes})


def refusal(body: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parse_request(body)
    return caught.value


def body_of(request: MessagesRequest) -> bytes:
    """The request as a client would send it again."""
    return body_with(
        model=request.model,
        messages=request.messages,
        system=[{"type": "text", "text": text} for text in request.system],
        tools=request.tools,
        stream=request.stream,
        max_tokens=request.max_tokens,
        **request.parameters,
    )


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("content", ["be\n\nbrief", [{"type": "text", "text": t} for t in ("be", "brief")]])
def test_a_system_message_becomes_the_last_block_of_the_user_s_before_it(content: Any) -> None:
    messages = [USER, USER, {"role": "system", "content": content}]

    (message,) = parse_request(body_with(messages=messages)).messages
    hello = {"type": "text", "text": "hello"}
    assert message == {
        "role": "user",
        "content": [hello, hello, {"type": SYSTEM_TEXT, "text": "be\n\nbrief"}],
    }


def test_a_minimal_request_has_nothing_that_was_not_sent() -> None:
    block = {"type": "text", "text": "hello"}

    assert parse_request(body_with()) == MessagesRequest(
        model="claude-opus-4-5",
        messages=({"role": "user", "content": [block]},),
        digests=(message_digest("user", [block_digest(block, "user")]),),
        transient=0,
        system=(),
        tools=(),
        loaded_tools=frozenset(),
        cache_hour=False,
        stream=False,
        max_tokens=64,
        parameters={},
    )


def test_each_field_has_its_one_place() -> None:
    request = parse_request(body_with(system="be brief", tools=[TOOL], stream=True, temperature=0.5, new=[1]))

    assert request.system == ("be brief",)
    assert request.tools == (TOOL,)
    assert request.stream is True
    assert request.parameters == {"temperature": 0.5, "new": [1]}


DEFERRED = {**TOOL, "defer_loading": True}
CALL = {"type": "tool_use", "id": "t1", "name": "search", "input": {}}


def results_in(*content: dict[str, Any]) -> list[dict[str, Any]]:
    """A conversation that ends in a result of this content."""
    result = {"type": "tool_result", "tool_use_id": "t1", "content": content}
    return [USER, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [result]}]


def found(*names: str) -> list[dict[str, Any]]:
    """A conversation in which a search has found tools."""
    return results_in(*({"type": "tool_reference", "tool_name": name} for name in names))


def test_a_deferred_tool_is_loaded_once_a_result_refers_to_it() -> None:
    tools = [DEFERRED, {**DEFERRED, "name": "write"}, {**TOOL, "name": "search"}]
    parsed = parse_request(body_with(tools=tools, messages=found("read", "search")))

    assert parsed.loaded_tools == {"read"}
    assert parsed.tools == tuple(tools)


def test_a_reference_to_no_tool_is_refused() -> None:
    error = refusal(body_with(tools=[TOOL], messages=found("write")))

    assert error.message == (
        "messages.2.content.0: Tool reference 'write' has no corresponding tool definition"
    )


FOR_AN_HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TEXT = {"type": "text", "text": "hello"}
MARKED = {**TEXT, **FOR_AN_HOUR}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(FOR_AN_HOUR, id="automatic"),
        pytest.param({"system": [MARKED]}, id="system"),
        pytest.param({"tools": [{**TOOL, **FOR_AN_HOUR}]}, id="tool"),
        pytest.param({"messages": [{"role": "user", "content": [TEXT, MARKED]}]}, id="block"),
        pytest.param({"messages": [USER, {"role": "system", "content": [MARKED]}]}, id="system-message"),
        pytest.param({"messages": results_in(MARKED)}, id="inside-a-result"),
    ],
)
def test_an_hour_in_the_cache_can_be_asked_for_anywhere(changes: dict[str, Any]) -> None:
    assert parse_request(body_with(**changes)).cache_hour
    five_minutes = orjson.loads(body_with(**changes).replace(b"1h", b"5m"))
    assert not parse_request(orjson.dumps(five_minutes)).cache_hour


@pytest.mark.parametrize(
    ("system", "texts"),
    [
        ("", ()),
        ([], ()),
        ("be brief", ("be brief",)),
        ([{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}], ("be brief",)),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], ("a", "b")),
    ],
)
def test_the_system_prompt_is_the_texts_of_its_blocks(system: Any, texts: tuple[str, ...]) -> None:
    assert parse_request(body_with(system=system)).system == texts


def test_adjacent_messages_of_one_role_become_one_and_their_blocks_stay_as_they_are() -> None:
    cached = {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}, "unknown": 1}
    messages = [
        USER,
        {"role": "user", "content": [cached]},
        {"role": "assistant", "content": "c"},
        {"role": "assistant", "content": "d"},
        {"role": "user", "content": "e"},
    ]

    assert parse_request(body_with(messages=messages)).messages == (
        {"role": "user", "content": [{"type": "text", "text": "hello"}, cached]},
        {"role": "assistant", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]},
        {"role": "user", "content": [{"type": "text", "text": "e"}]},
    )


@pytest.mark.parametrize("body", [b"", b"{", b'{"model":\n 1,}', b"\xff", b"NaN", b"[" * 5000])
def test_a_body_that_is_not_json_is_refused_with_the_position(body: bytes) -> None:
    error = refusal(body)

    assert (error.status, error.type) == (400, "invalid_request_error")
    assert "not valid JSON" in error.message
    assert "line " in error.message


@pytest.mark.parametrize("body", [b"[]", b"null", b'"model"', b"1"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert refusal(body).message == "The request body is not a JSON object"


def test_a_body_over_the_limit_is_too_large_and_one_at_the_limit_is_not() -> None:
    at_the_limit = body_with() + b" " * (MAX_BODY_BYTES - len(body_with()))

    assert parse_request(at_the_limit).model == "claude-opus-4-5"
    error = refusal(at_the_limit + b" ")
    assert (error.status, error.type) == (413, "request_too_large")


def test_what_is_nested_deeper_than_can_be_written_again_is_refused() -> None:
    deepest = parse_request(body_with(new=nested(MAX_DEPTH - 1)))

    assert parse_request(body_of(deepest)) == deepest
    error = refusal(body_with(new=nested(MAX_DEPTH)))
    assert (error.status, "nested deeper" in error.message) == (400, True)


@pytest.mark.parametrize(
    "around",
    [
        pytest.param(lambda inner: {"type": "image", "source": inner}, id="source"),
        pytest.param(lambda inner: {"type": "search_result", "content": [inner]}, id="content"),
        pytest.param(lambda inner: {"type": "search_result", "new": inner}, id="value"),
    ],
)
def test_a_block_is_digested_however_deep_it_is(around: Callable[[Any], Any]) -> None:
    block: Any = {"type": "text", "text": "a", "n": 1.0}
    while not is_deeper_than(MAX_DEPTH - 4, around(block)):
        block = around(block)

    deepest = parse_request(body_with(messages=[{"role": "user", "content": [block]}]))
    deeper = refusal(body_with(messages=[{"role": "user", "content": [around(block)]}]))

    assert deepest.messages[0]["content"] == [block]
    assert "nested deeper" in deeper.message


@settings(deadline=None)
@given(JSON_VALUES.map(orjson.dumps) | damaged().map(orjson.dumps) | st.binary(max_size=40))
def test_no_body_raises_anything_but_an_api_error(body: bytes) -> None:
    try:
        request = parse_request(body)
    except ApiError as error:
        assert error.status == 400
    else:
        check_form(request)


@given(REQUESTS)
def test_a_request_that_keeps_the_rules_is_accepted_and_parses_to_itself(fields: dict[str, Any]) -> None:
    request = parse_request(orjson.dumps(fields))

    check_form(request)
    # What the assistant said without a word is left out (test_rules).
    assert count_blocks(request.messages, "user") == count_blocks(fields["messages"], "user")


def count_blocks(messages: Iterable[dict[str, Any]], role: str) -> int:
    contents = [message["content"] for message in messages if message["role"] == role]
    return sum(1 if isinstance(content, str) else len(content) for content in contents)


def check_form(request: MessagesRequest) -> None:
    roles = [message["role"] for message in request.messages]
    blocks = [block for message in request.messages for block in message["content"]]

    assert roles[-1] == "user"
    assert all(role != following for role, following in pairwise(roles))
    assert all(isinstance(block["type"], str) for block in blocks)
    assert parse_request(body_of(request)) == request
