"""What a chat's request asks of the form of its answer: functions, reasoning; and who has the last word."""

from typing import Any

import orjson
import pytest

from towpath.core.events import Event
from towpath.core.openai.chat_answer import ChatChunks, chat_completion
from towpath.core.openai.chat_request import translation
from towpath.core.openai.chat_shape import Shape
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
FUNCTION: Json = {"name": "f", "description": "d", "parameters": {"type": "object"}}
THOUGHT: Json = {"type": "thinking", "thinking": "hm", "signature": "s"}
CALL: Json = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
MESSAGE: Json = {
    "id": "msg_1",
    "model": "claude-x",
    "content": [THOUGHT, {"type": "text", "text": "I look."}, CALL],
    "stop_reason": "tool_use",
    "usage": {},
}
EVENTS: list[Event] = [
    {"type": "message_start", "message": {**MESSAGE, "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "content_block_start", "index": 1, "content_block": {**CALL, "input": {}}},
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'},
    },
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}},
]


def asked(*messages: Json, **fields: Any) -> Any:
    made = translation({"model": "m", "messages": list(messages) or [USER], **fields})
    parse_request(orjson.dumps(made.request))
    return made


def joined(deltas: list[Json], name: str) -> str:
    return "".join(delta.get(name, "") for delta in deltas)


def deltas_of(shape: Shape) -> tuple[list[Json], list[str]]:
    chunks = ChatChunks(0, shape)
    choices = [chunk["choices"][0] for event in EVENTS for chunk in chunks.add(event)]
    finished = [choice["finish_reason"] for choice in choices if choice["finish_reason"]]
    return [choice["delta"] for choice in choices], finished


def test_functions_are_tools_under_an_older_name() -> None:
    made = asked(
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "done"},
        functions=[FUNCTION],
        function_call={"name": "f"},
    )
    _, called, answered = made.request["messages"]

    assert made.request["tools"] == [{"name": "f", "description": "d", "input_schema": {"type": "object"}}]
    assert made.request["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    assert called["content"][0]["id"] == answered["content"][0]["tool_use_id"]
    assert (made.shape.functions, made.left_out) == (True, [])


def test_a_call_of_a_function_is_shown_as_one() -> None:
    (choice,) = chat_completion(MESSAGE, 0, Shape(functions=True))["choices"]
    deltas, finished = deltas_of(Shape(functions=True))
    calls = [delta["function_call"] for delta in deltas if "function_call" in delta]

    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"a":1}'}
    assert "tool_calls" not in choice["message"]
    assert (joined(calls, "name"), joined(calls, "arguments")) == ("f", '{"a":1}')
    assert [choice["finish_reason"], *finished] == ["function_call", "function_call"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"reasoning_effort": "none"}, False),
        ({"thinking": {"type": "disabled"}}, False),
        ({"reasoning_effort": "low"}, True),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, True),
        ({"thinking": {"type": "adaptive"}}, True),
    ],
)
def test_thinking_is_shown_if_reasoning_was_asked_for(fields: Json, *, expected: bool) -> None:
    made = asked(**fields)
    (choice,) = chat_completion(MESSAGE, 0, made.shape)["choices"]
    deltas, _ = deltas_of(made.shape)

    assert choice["message"].get("reasoning_content") == ("hm" if expected else None)
    assert joined(deltas, "reasoning_content") == ("hm" if expected else "")
    assert made.request.get("thinking") == fields.get("thinking", made.request.get("thinking"))


def test_thinking_that_comes_back_without_its_signature_is_left_out() -> None:
    made = asked(USER, {"role": "assistant", "content": "Yes.", "reasoning_content": "hm"}, USER)

    assert made.request["messages"][1]["content"] == [{"type": "text", "text": "Yes."}]
    assert made.left_out == ["messages.reasoning_content"]


def test_the_model_goes_on_after_a_last_word_of_its_own() -> None:
    said = {"role": "assistant", "content": "The sky is blue."}
    messages = asked(USER, said).request["messages"]

    assert messages[1:] == [
        {"role": "assistant", "content": [{"type": "text", "text": "The sky is blue."}]},
        {"role": "user", "content": [{"type": "text", "text": "Continue."}]},
    ]
