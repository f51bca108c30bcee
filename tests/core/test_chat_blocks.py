"""What messages of a chat may be made of: pictures in results, blocks of the Messages API, cache marks."""

from typing import Any

import orjson
import pytest

from towpath.core.errors import ApiError
from towpath.core.openai.chat_request import translation
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
MARK: Json = {"type": "ephemeral"}
PNG: Json = {"type": "base64", "media_type": "image/png", "data": "iVBO"}
PDF: Json = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}
SHOWN: Json = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
FILED: Json = {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE"}}
USER: Json = {"role": "user", "content": "hi"}
CALL: Json = {"id": "call_toolu_1", "type": "function", "function": {"name": "f", "arguments": ""}}
CALLED: Json = {"role": "assistant", "tool_calls": [CALL]}
TOOL_USE: Json = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
DONE: Json = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}


def text(words: str, **more: Any) -> Json:
    return {"type": "text", "text": words, **more}


def translated(*messages: Json, **fields: Any) -> Json:
    request = translation({"model": "m", "messages": list(messages), **fields}).request
    parse_request(orjson.dumps(request))
    return request


def contents(*messages: Json) -> list[list[Json]]:
    return [message["content"] for message in translated(*messages)["messages"]]


def test_pictures_and_documents_in_a_result_arrive_as_such() -> None:
    result = {"role": "tool", "tool_call_id": "call_toolu_1", "content": [text("see"), SHOWN, FILED]}
    *_, (block,) = contents(USER, CALLED, result)

    assert block["content"] == [
        text("see"),
        {"type": "image", "source": PNG},
        {"type": "document", "source": PDF},
    ]


def test_a_call_with_empty_arguments_has_an_empty_input() -> None:
    _, (call,), _ = contents(USER, CALLED, {"role": "tool", "tool_call_id": "call_toolu_1", "content": "x"})

    assert call == TOOL_USE


@pytest.mark.parametrize("call_id", ["toolu_1", "call_toolu_1"])
def test_blocks_of_the_messages_api_are_understood(call_id: str) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    image = {"type": "image", "source": PNG}
    _, said, results = contents(
        USER,
        {"role": "assistant", "content": [thought, text("I look."), {**TOOL_USE, "id": call_id}]},
        {
            "role": "user",
            "content": [{**DONE, "tool_use_id": call_id, "is_error": True}, text("go on"), image],
        },
    )

    assert said == [thought, text("I look."), TOOL_USE]
    assert results == [{**DONE, "is_error": True}, text("go on"), image]


def test_marks_for_the_cache_are_where_their_message_or_part_is() -> None:
    function = {"type": "function", "function": {"name": "f"}, "cache_control": MARK}
    request = translated(
        {"role": "system", "content": "be brief", "cache_control": MARK},
        {"role": "user", "content": [text("a", cache_control=MARK), text("b")]},
        {**CALLED, "content": "I call.", "cache_control": MARK},
        {"role": "tool", "tool_call_id": "call_toolu_1", "content": "done", "cache_control": MARK},
        tools=[function],
    )
    _, said, (result,) = (message["content"] for message in request["messages"])

    assert request["system"] == [text("be brief", cache_control=MARK)]
    assert request["messages"][0]["content"] == [text("a", cache_control=MARK), text("b")]
    assert said == [text("I call."), {**TOOL_USE, "cache_control": MARK}]
    assert result == {**DONE, "cache_control": MARK}
    assert request["tools"][0]["cache_control"] == MARK


@pytest.mark.parametrize(
    ("schema", "description"),
    [({"type": "object"}, "a joke"), ({"type": "object", "description": "short"}, "a joke\n\nshort")],
)
def test_the_description_of_a_format_is_that_of_its_schema(schema: Json, description: str) -> None:
    format_ = {"name": "joke", "description": "a joke", "strict": True, "schema": schema}
    request = translated(USER, response_format={"type": "json_schema", "json_schema": format_})

    assert request["output_config"]["format"]["schema"] == {"type": "object", "description": description}


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([{"role": "system", "content": [SHOWN]}], "messages.0.content.0.type"),
        ([{"role": "assistant", "content": [DONE]}], "messages.0.content.0.type"),
        ([{"role": "user", "content": [TOOL_USE]}], "messages.0.content.0.type"),
        (
            [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}],
            "messages.0.content.0.file",
        ),
        ([USER, {**USER, "cache_control": {"type": "lasting"}}], "messages.1.content.0.cache_control.type"),
    ],
)
def test_what_is_not_possible_there_is_named(messages: list[Json], field: str) -> None:
    with pytest.raises(ApiError) as caught:
        translated(*messages)

    assert caught.value.message.startswith(field)
