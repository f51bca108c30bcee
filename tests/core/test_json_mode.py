"""An answer that is to be a JSON object: how it is asked for, and how it is shown."""

from typing import Any

import pytest

from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.openai.chat_request import translation
from towpath.core.openai.json_mode import ObjectAsText

Json = dict[str, Any]
TOOL: Json = {"type": "function", "function": {"name": "f"}}
FORCED: Json = {"type": "tool", "name": "answer_in_json", "disable_parallel_tool_use": True}


def asked(**fields: Any) -> Any:
    user = {"role": "user", "content": "hi"}
    format_ = {"type": "json_object"}
    return translation({"model": "m", "messages": [user], "response_format": format_, **fields})


@pytest.mark.parametrize(
    ("fields", "tools", "choice"),
    [
        ({}, ["answer_in_json"], FORCED),
        ({"tools": [TOOL]}, ["f", "answer_in_json"], {"type": "any"}),
        ({"tools": [TOOL], "tool_choice": "none"}, ["f", "answer_in_json"], FORCED),
        (
            {"tools": [TOOL], "parallel_tool_calls": False},
            ["f", "answer_in_json"],
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"tools": [TOOL], "tool_choice": "required"}, ["f"], {"type": "any"}),
        (
            {"tools": [{"type": "function", "function": {"name": "answer_in_json"}}]},
            ["answer_in_json", "answer_in_json_"],
            {"type": "any"},
        ),
    ],
)
def test_the_model_must_answer_with_an_object_or_call_a_tool(
    fields: Json, tools: list[str], choice: Json
) -> None:
    made = asked(**fields)

    assert [tool["name"] for tool in made.request["tools"]] == tools
    assert made.request["tool_choice"] == choice
    assert made.json_tool == (tools[-1] if tools[-1].startswith("answer_in_json") else None)


def call(index: int, name: str, *pieces: str) -> list[Event]:
    block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return events_of(index, block, *deltas)


def events_of(index: int, block: Json, *deltas: Json) -> list[Event]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


PROSE = events_of(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Here it is:"})


def shown(*events: Event, stop_reason: str = "tool_use") -> Json:
    fold, answer = MessageFold(), ObjectAsText("answer_in_json")
    start: Event = {"type": "message_start", "message": {"content": [], "usage": {}}}
    end: Event = {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {}}
    for event in (start, *events, end):
        for told in answer.events(event):
            fold.add(dict(told))
    return fold.message


def texts(message: Json) -> list[str]:
    return [block["text"] for block in message["content"] if block.get("type") == "text"]


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (call(0, "answer_in_json", "", '{"a":', "[1]}"), '{"a":[1]}'),
        (call(0, "answer_in_json"), "{}"),
        (PROSE + call(1, "answer_in_json", "{}"), "{}"),
        (call(0, "answer_in_json", '{"a":1}') + call(1, "answer_in_json", '{"b":2}'), '{"a":1}'),
    ],
)
def test_the_object_is_shown_as_the_only_text(events: list[Event], text: str) -> None:
    message = shown(*events)

    assert (texts(message), message["stop_reason"]) == ([text], "end_turn")


def test_prose_alone_is_an_error() -> None:
    with pytest.raises(ApiError, match="in prose, not in JSON"):
        shown(*PROSE, stop_reason="end_turn")


def test_calls_of_the_clients_tools_stay_calls() -> None:
    message = shown(*call(0, "f", '{"a":1}'))

    assert message["stop_reason"] == "tool_use"
    assert message["content"][0]["input"] == {"a": 1}


def test_an_answer_that_was_cut_says_so() -> None:
    message = shown(*call(0, "answer_in_json", '{"a":'), stop_reason="max_tokens")

    assert (texts(message), message["stop_reason"]) == (['{"a":'], "max_tokens")


def test_other_answers_stay_as_they_are() -> None:
    untouched = ObjectAsText(None)

    assert [told for event in PROSE for told in untouched.events(event)] == PROSE
