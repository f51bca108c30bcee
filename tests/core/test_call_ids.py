"""The ids of calls at OpenAI's doors: in the form that clients expect, and back as the model wrote them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.openai import chat_messages, responses_input
from towpath.core.openai.chat_answer import ChatChunks, chat_completion
from towpath.core.openai.chat_shape import Shape
from towpath.core.openai.responses_items import Call
from towpath.core.openai.shared_parts import call_id, tool_use_id
from towpath.core.openai.tool_names import OwnTool, ToolNames

Json = dict[str, Any]

# Of the API itself and of Bedrock, which are the longest.
WRITTEN = ["toolu_01A09q90qw90lq917835lq9", "toolu_bdrk_01A09q90qw90lq917835lq9q"]


@given(st.text() | st.text().map("toolu_".__add__) | st.text().map("call_".__add__))
def test_what_the_model_wrote_comes_back_as_it_was(written: str) -> None:
    if not written.startswith("call_toolu_"):
        assert tool_use_id(call_id(written)) == written


@pytest.mark.parametrize("written", WRITTEN)
def test_a_client_that_expects_openai_s_form_finds_it(written: str) -> None:
    assert call_id(written).startswith("call_")
    assert len(call_id(written)) <= 40


@pytest.mark.parametrize("others", ["call_abc", "fc_1", "chatcmpl-tool-1", "", "toolu_01"])
def test_ids_that_a_client_brings_from_elsewhere_stay(others: str) -> None:
    assert tool_use_id(others) == others


def called(written: str) -> Json:
    return {"type": "tool_use", "id": written, "name": "f", "input": {}}


def said(messages: list[Json]) -> tuple[str, str]:
    """The id of the call in a conversation, and that in its result."""
    return messages[-2]["content"][0]["id"], messages[-1]["content"][0]["tool_use_id"]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_chat_client_sends_back_the_model_s_own_id(written: str) -> None:
    answer = chat_completion(
        {"id": "m", "model": "m", "content": [called(written)], "stop_reason": "tool_use", "usage": {}}, 0
    )
    message = answer["choices"][0]["message"]
    chunks = ChatChunks(0, Shape())
    chunks.add({"type": "message_start", "message": {"id": "m", "model": "m"}})
    (chunk,) = chunks.add({"type": "content_block_start", "index": 0, "content_block": called(written)})
    (call,) = chunk["choices"][0]["delta"]["tool_calls"]
    assert call["id"] == message["tool_calls"][0]["id"]

    result = {"role": "tool", "tool_call_id": call["id"], "content": "done"}
    made = chat_messages.conversation([{"role": "user", "content": "hi"}, message, result])

    assert said(made.messages) == (written, written)


@pytest.mark.parametrize("written", WRITTEN)
def test_a_responses_client_sends_back_the_model_s_own_id(written: str) -> None:
    call = Call(called(written), OwnTool("f"), 0)
    call.end("completed")
    result = {"type": "function_call_output", "call_id": call.item["call_id"], "output": "done"}
    given = [{"role": "user", "content": "hi"}, call.item, result]

    assert said(responses_input.conversation(given, ToolNames()).messages) == (written, written)
