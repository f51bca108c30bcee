"""What clients of OpenAI's APIs send and says nothing is left out, where the Messages API would refuse it."""

from typing import Any

import orjson
import pytest

from towpath.core.openai import chat_request, responses_request
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
SAID: Json = {"role": "assistant", "content": "said"}
URL = "https://a.test/b.png"
IMAGE: Json = {"type": "image", "source": {"type": "url", "url": URL}}
CALLED: Json = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}],
}


def in_chat(*messages: Json) -> Json:
    request = chat_request.translation({"model": "m", "messages": [*messages]}).request
    parse_request(orjson.dumps(request))
    return request


def in_responses(*items: Json, **fields: Any) -> Json:
    request = responses_request.translation({"model": "m", "input": [*items], **fields}).request
    parse_request(orjson.dumps(request))
    return request


@pytest.mark.parametrize("translated", [in_chat, in_responses])
@pytest.mark.parametrize("blank", ["", " \n"])
@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_a_message_of_white_space_is_left_out(translated: Any, role: str, blank: str) -> None:
    nothing = {"role": role, "content": blank}
    request = translated(nothing, USER, nothing, SAID, nothing, USER)

    assert request == translated(USER, SAID, USER)


def test_an_empty_text_beside_an_image_is_left_out() -> None:
    shown = [{"type": "text", "text": ""}, {"type": "image_url", "image_url": {"url": URL}}]
    input_ = [{"type": "input_text", "text": ""}, {"type": "input_image", "image_url": URL}]
    result = {"role": "tool", "tool_call_id": "c1", "content": shown}
    called = in_chat({"role": "user", "content": shown}, CALLED, result)["messages"]

    assert called[0]["content"] == called[2]["content"][0]["content"] == [IMAGE]
    assert in_responses({"role": "user", "content": input_})["messages"][0]["content"] == [IMAGE]


def test_instructions_of_white_space_are_none() -> None:
    assert "system" not in in_responses(USER, instructions="\n")


@pytest.mark.parametrize("result", [{"content": None}, {"content": ""}, {"content": []}, {}])
def test_a_tool_that_has_nothing_to_say_has_an_empty_result(result: Json) -> None:
    *_, answered = in_chat(USER, CALLED, {"role": "tool", "tool_call_id": "c1", **result})["messages"]

    assert not answered["content"][0]["content"]


@pytest.mark.parametrize("translated", [in_chat, in_responses])
def test_a_system_prompt_alone_is_gone_on_from(translated: Any) -> None:
    request = translated({"role": "system", "content": "Say hi."})

    assert request["system"] == [{"type": "text", "text": "Say hi."}]
    assert request["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Continue."}]}]
