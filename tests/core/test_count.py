"""A request for a count: the rules of a request for an answer, without an answer's."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.reading.request import CountRequest, api_messages, parse_count
from towpath.core.reading.rules import NOT_COUNTED

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]}


def parsed(**fields: Any) -> CountRequest:
    return parse_count(orjson.dumps({**ASKED, **fields}), transient_texts=("[transient]",))


def refusal(body: Any) -> str:
    with pytest.raises(ApiError) as raised:
        parse_count(orjson.dumps(body))
    assert raised.value.status == 400
    return raised.value.message


def test_what_the_client_sent_is_there() -> None:
    tools = [{"name": "read", "input_schema": {"type": "object"}}]

    request = parsed(system="You count.", tools=tools, thinking={"type": "disabled"}, speed="fast")

    assert request.messages == ({"role": "user", "content": [{"type": "text", "text": "hi"}]},)
    assert (request.system, list(request.tools)) == (("You count.",), tools)
    assert request.parameters == {"thinking": {"type": "disabled"}, "speed": "fast"}


def test_transient_texts_are_not_counted() -> None:
    content = [{"type": "text", "text": text} for text in ("hi", "[transient]")]

    assert len(parsed(messages=[{"role": "user", "content": content}]).messages[0]["content"]) == 1


@pytest.mark.parametrize("last", [{"role": "assistant", "content": "hello"}, CALL])
def test_what_is_counted_may_end_with_the_assistant(last: Any) -> None:
    assert parsed(messages=[*ASKED["messages"], last]).messages[-1]["role"] == "assistant"


@pytest.mark.parametrize("field", NOT_COUNTED)
def test_what_is_said_of_an_answer_is_refused_by_name(field: str) -> None:
    assert refusal({**ASKED, field: 1}) == f"{field}: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages.0.content"),
        ({"messages": [*ASKED["messages"], CALL, *ASKED["messages"]]}, "messages.1"),
        ({"system": 1}, "system"),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "tools.0.name"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"thread": {"type": "create"}}, "thread"),
    ],
)
def test_the_rules_of_a_request_hold(fields: Any, named: str) -> None:
    assert refusal({**ASKED, **fields}).partition(":")[0] == named


def test_a_system_message_goes_out_as_one_again() -> None:
    told = [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "system", "content": "be brief"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}]},
    ]

    assert api_messages(parsed(messages=told).messages) == told
