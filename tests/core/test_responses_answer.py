"""OpenAI's Responses API on its way out: the events of a stream, and the whole answer that they come to.

The types of OpenAI's own SDK say what an event and a response must have.
"""

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.openai.responses_answer import ResponseFold, response_usage
from towpath.core.openai.responses_request import repeated
from towpath.core.openai.thinking import unpacked
from towpath.core.openai.tool_names import ToolNames
from towpath.testing.script import Reply
from towpath.testing.stream import events

Json = dict[str, Any]
STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ASKED: Json = {"model": "m", "input": "hi", "metadata": {"label": "x"}}
THINKING: Json = {"type": "thinking", "thinking": "hm, " * 20, "signature": "s"}
REDACTED: Json = {"type": "redacted_thinking", "data": "opaque"}
TEXT: Json = {"type": "text", "text": "I look, and then I say what I saw there."}
CALLS: list[Json] = [
    {"type": "tool_use", "id": "t1", "name": "f", "input": {"city": "Oslo", "what": "the weather of today"}},
    {"type": "tool_use", "id": "t2", "name": "g", "input": {}},
]


def stream(*content: Json, **reply: Any) -> list[Event]:
    return events(
        Reply(content, chunk_chars=7, **reply), message_id="msg_1", model="claude-x", body={"max_tokens": 9}
    )


def told(given: list[Event], *, shows_thinking: bool = True) -> tuple[Json, list[Json]]:
    fold = ResponseFold("resp_1", 1234, repeated(ASKED), ToolNames(), shows_thinking=shows_thinking)
    sent = [sent for event in given for sent in fold.add(event)]
    return fold.response, sent


def assembled(sent: list[Json]) -> list[Json]:
    """The output as a client puts it together that reads nothing but what grows."""
    items: dict[int, Json] = {}
    for event in sent:
        match event["type"]:
            case "response.output_item.added":
                assert event["output_index"] == len(items)
                items[event["output_index"]] = {"id": event["item"]["id"], "said": "", "is_done": False}
            case "response.output_item.done":
                assert items[event["output_index"]]["id"] == event["item"]["id"]
                items[event["output_index"]]["is_done"] = True
            case name if name.endswith(".delta"):
                item = items[event["output_index"]]
                assert (item["id"], item["is_done"]) == (event["item_id"], False)
                item["said"] += event["delta"]
    return list(items.values())


def said(item: Json) -> str:
    if item["type"] == "message":
        return "".join(part["text"] for part in item["content"])
    if item["type"] == "reasoning":
        return "".join(part["text"] for part in item["summary"])
    return str(item["arguments"])


def test_a_stream_comes_to_the_whole_answer() -> None:
    response, sent = told(stream(THINKING, REDACTED, TEXT, *CALLS))

    assert [item["type"] for item in response["output"]] == [
        "reasoning",
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
    assert [(i["id"], i["said"], i["is_done"]) for i in assembled(sent)] == [
        (item["id"], said(item), True) for item in response["output"]
    ]
    assert [event["item"] for event in sent if event["type"] == "response.output_item.done"] == response[
        "output"
    ]
    assert sent[-1]["type"] == "response.completed"
    assert sent[-1]["response"] == response
    assert [event["sequence_number"] for event in sent] == list(range(len(sent)))


def test_everything_is_of_the_shape_that_the_sdk_knows() -> None:
    response, sent = told(stream(THINKING, REDACTED, TEXT, *CALLS))

    Response.model_validate(response)
    for event in sent:
        STREAM_EVENT.validate_python(event)
    assert [event["type"] for event in sent[:2]] == ["response.created", "response.in_progress"]
    assert [event["response"]["output"] for event in sent[:2]] == [[], []]
    kinds = [event["type"].removeprefix("response.") for event in sent]
    message = kinds[kinds.index("content_part.added") - 1 : kinds.index("content_part.done") + 2]
    assert list(dict.fromkeys(message)) == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]


def test_a_whole_answer() -> None:
    response, _ = told(stream(TEXT, *CALLS, usage={"output_tokens": 7}))
    text, first, second = response["output"]

    assert (response["id"], response["created_at"], response["model"]) == ("resp_1", 1234, "claude-x")
    assert (response["status"], response["error"], response["incomplete_details"]) == (
        "completed",
        None,
        None,
    )
    assert (response["metadata"], response["store"]) == ({"label": "x"}, False)
    assert (text["role"], text["content"][0]["text"], text["status"]) == (
        "assistant",
        TEXT["text"],
        "completed",
    )
    assert (first["call_id"], first["name"]) == ("t1", "f")
    assert Response.model_validate(response).output[1].to_dict()["arguments"] == first["arguments"]
    assert (second["call_id"], second["arguments"]) == ("t2", "{}")
    assert response["usage"]["output_tokens"] == 7


def test_thinking_goes_back_as_it_came_whether_it_is_shown_or_not() -> None:
    for shows_thinking in (True, False):
        response, sent = told(stream(THINKING, REDACTED, TEXT), shows_thinking=shows_thinking)
        shown, redacted, _ = response["output"]

        assert said(shown) == (THINKING["thinking"] if shows_thinking else "")
        assert unpacked(shown["encrypted_content"]) == THINKING
        assert (unpacked(redacted["encrypted_content"]), redacted["summary"]) == (REDACTED, [])
        assert any("summary" in event["type"] for event in sent) == shows_thinking


@pytest.mark.parametrize(
    ("stop_reason", "status", "reason"),
    [
        ("end_turn", "completed", None),
        ("stop_sequence", "completed", None),
        ("pause_turn", "completed", None),
        ("max_tokens", "incomplete", "max_output_tokens"),
        ("model_context_window_exceeded", "incomplete", "max_output_tokens"),
        ("refusal", "incomplete", "content_filter"),
        ("news", "completed", None),
    ],
)
def test_why_it_ended(stop_reason: str, status: str, reason: str | None) -> None:
    response, sent = told(stream(TEXT, CALLS[0], stop_reason=stop_reason))

    assert response["status"] == status
    assert (response["incomplete_details"] or {}).get("reason") == reason
    assert [item["status"] for item in response["output"]] == ["completed", status]
    assert sent[-1]["type"] == f"response.{status}"


def test_a_call_that_was_cut_has_what_came_of_it_and_thinking_that_was_cut_no_content() -> None:
    call: list[Event] = [
        {"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": []}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {**THINKING, "thinking": "", "signature": ""},
        },
        {"type": "content_block_start", "index": 1, "content_block": {**CALLS[0], "input": {}}},
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"a'},
        },
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}},
        {"type": "message_stop"},
    ]
    response, _ = told(call)
    thinking, cut = response["output"]

    assert (cut["arguments"], cut["status"]) == ('{"a', "incomplete")
    assert thinking["encrypted_content"] is None


@pytest.mark.parametrize(("given", "arguments"), [({}, "{}"), ({"a": 1}, '{"a":1}')])
def test_a_call_without_deltas_has_the_arguments_that_it_began_with(given: Json, arguments: str) -> None:
    start = {"type": "content_block_start", "index": 0, "content_block": {**CALLS[0], "input": given}}
    nothing = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": ""},
    }
    response, sent = told([stream()[0], start, nothing, *stream()[1:]])

    assert response["output"][0]["arguments"] == arguments
    assert not any(event["type"].endswith(".delta") for event in sent)


def test_what_has_no_counterpart_is_left_out_and_leaves_no_gap() -> None:
    response, sent = told(stream({"type": "server_note", "note": "x"}, TEXT))

    assert [item["type"] for item in response["output"]] == ["message"]
    assert {event["output_index"] for event in sent if "output_index" in event} == {0}


@pytest.mark.parametrize("count", [0, 1, 4, 8])
def test_a_stream_that_breaks_ends_with_an_error_and_a_failed_response(count: int) -> None:
    fold = ResponseFold("resp_1", 1234, repeated(ASKED), ToolNames(), shows_thinking=True)
    sent = [sent for event in stream(TEXT, *CALLS)[:count] for sent in fold.add(event)]
    sent += fold.fail(ApiError(429, "slow down"))
    error, failed = sent[-2:]

    assert [event["sequence_number"] for event in sent] == list(range(len(sent)))
    assert (error["type"], error["message"], error["code"]) == ("error", "slow down", "rate_limit_exceeded")
    assert (error["error"]["message"], error["error"]["type"]) == ("slow down", "rate_limit_error")
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
    assert all(item["status"] == "incomplete" for item in failed["response"]["output"])
    for event in sent:
        STREAM_EVENT.validate_python(event)


def test_cached_tokens_are_a_part_of_the_input_and_thinking_of_the_output() -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 2,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 4},
    }

    assert response_usage(usage) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 2},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 17,
    }
