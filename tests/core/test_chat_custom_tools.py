"""Custom tools in a chat (Cursor's ApplyPatch): for the model a tool with one string."""

from typing import Any

import orjson
import pytest

from towpath.core.events import Event
from towpath.core.openai.chat_answer import ChatChunks, chat_completion
from towpath.core.openai.chat_request import Translation, translation
from towpath.core.openai.chat_shape import Shape
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
GRAMMAR: Json = {"syntax": "lark", "definition": "start: /a+/"}
PATCH: Json = {
    "type": "custom",
    "custom": {
        "name": "patch",
        "description": "Change files.",
        "format": {"type": "grammar", "grammar": GRAMMAR},
    },
}
READ: Json = {"type": "function", "function": {"name": "read"}}
TEXT = '*** Begin\n+"a"\n*** End'
CUSTOM = Shape(custom=frozenset({"patch"}))
CALL: Json = {"id": "call_toolu_1", "type": "custom", "custom": {"name": "patch", "input": TEXT}}
BLOCK: Json = {"type": "tool_use", "id": "toolu_1", "name": "patch", "input": {"input": TEXT}}


def asked(*messages: Json, **fields: Any) -> Translation:
    user = {"role": "user", "content": "hi"}
    made = translation({"model": "m", "messages": [user, *messages], "tools": [READ, PATCH], **fields})
    parse_request(orjson.dumps(made.request))
    return made


def test_the_model_gets_a_tool_with_one_string_and_reads_its_grammar() -> None:
    made = asked(tool_choice={"type": "custom", "custom": {"name": "patch"}})
    _, tool = made.request["tools"]

    assert made.shape == CUSTOM
    assert tool["input_schema"]["required"] == ["input"]
    assert tool["description"].startswith("Change files.")
    assert GRAMMAR["definition"] in tool["description"]
    assert made.request["tool_choice"] == {"type": "tool", "name": "patch"}


def test_without_a_grammar_there_is_nothing_to_add() -> None:
    plain = {"type": "custom", "custom": {"name": "patch", "format": {"type": "text"}}}
    (tool,) = asked(tools=[plain]).request["tools"]

    assert set(tool) == {"name", "input_schema"}


def test_a_call_and_its_result_come_back() -> None:
    result = {"role": "tool", "tool_call_id": "call_toolu_1", "content": "done"}
    made = asked({"role": "assistant", "tool_calls": [CALL]}, result)

    assert made.request["messages"][1]["content"] == [BLOCK]
    assert made.request["messages"][2]["content"][0]["tool_use_id"] == "toolu_1"


def test_a_whole_answer_has_the_text() -> None:
    message = {"id": "m", "model": "m", "content": [BLOCK], "stop_reason": "tool_use", "usage": {}}
    (choice,) = chat_completion(message, 0, CUSTOM)["choices"]

    assert choice["message"]["tool_calls"] == [CALL]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_has_the_text_as_it_grows(size: int) -> None:
    written = orjson.dumps(BLOCK["input"]).decode()
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    assert "".join(_inputs(*pieces)) == TEXT


@pytest.mark.parametrize(
    ("written", "text"), [('{"other":1}', '{"other":1}'), ('{"inp', '{"inp'), ("", TEXT)]
)
def test_a_call_of_another_form_is_for_the_client_to_judge(written: str, text: str) -> None:
    assert "".join(_inputs(written)) == text


def _inputs(*pieces: str) -> list[str]:
    """The pieces of the text in the chunks of a call that the model wrote in these."""
    chunks = ChatChunks(0, CUSTOM)
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    events: list[Event] = [
        {"type": "message_start", "message": {"id": "m", "model": "m"}},
        {"type": "content_block_start", "index": 0, "content_block": BLOCK},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
    ]
    sent = [chunk["choices"][0]["delta"] for event in events for chunk in chunks.add(event)]
    _, first, *later = [call for delta in sent for call in delta.get("tool_calls", [{}])]
    assert first == {**CALL, "index": 0, "custom": {"name": "patch", "input": ""}}
    return [call["custom"]["input"] for call in later]


def test_a_text_is_all_that_such_a_call_can_have() -> None:
    function = {"name": "patch", "arguments": "{}"}
    made = asked(
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c", "content": "no"},
    )

    assert made.request["messages"][1]["content"][0]["input"] == {}
