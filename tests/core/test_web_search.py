"""OpenAI's search of the web, which becomes Anthropic's where the access has it."""

from typing import Any

import orjson
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from towpath.core.openai.responses_answer import ResponseFold
from towpath.core.openai.responses_request import Translation, repeated, translation
from towpath.core.openai.tool_names import ToolNames
from towpath.core.openai.web_search import is_offered
from towpath.core.reading.request import parse_request
from towpath.testing.script import Reply
from towpath.testing.stream import events

Json = dict[str, Any]
STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
SEARCH: Json = {"type": "web_search_20250305", "name": "web_search"}
FUNCTION: Json = {"type": "function", "name": "f", "parameters": {"type": "object"}}
PLACE: Json = {"type": "approximate", "city": "Delft", "country": "NL", "region": None}
URL = "https://example.com"


def asked(*tools: Json, has_search: bool = True, **fields: Any) -> Translation:
    body = {"model": "m", "input": "hi", "tools": [*tools], **fields}
    made = translation(body, has_search=has_search)
    parse_request(orjson.dumps(made.request))
    return made


@pytest.mark.parametrize(
    ("tool", "made"),
    [
        ({"type": "web_search"}, SEARCH),
        ({"type": "web_search", "external_web_access": True}, SEARCH),
        ({"type": "web_search_preview_2025_03_11"}, SEARCH),
        (
            {"type": "web_search", "filters": {"allowed_domains": ["example.com"], "blocked_domains": None}},
            {**SEARCH, "allowed_domains": ["example.com"]},
        ),
        (
            {"type": "web_search", "user_location": PLACE},
            {**SEARCH, "user_location": {"type": "approximate", "city": "Delft", "country": "NL"}},
        ),
    ],
)
def test_a_search_of_the_web_is_anthropics(tool: Json, made: Json) -> None:
    translated = asked(tool, FUNCTION)

    assert translated.request["tools"] == [{"name": "f", "input_schema": {"type": "object"}}, made]
    assert translated.tool_paths == ["tools.1", "tools.0"]
    assert translated.left_out == []


def test_the_model_may_have_to_search() -> None:
    choice = asked({"type": "web_search"}, tool_choice={"type": "web_search"}).request["tool_choice"]

    assert choice == {"type": "tool", "name": "web_search"}


@pytest.mark.parametrize(
    ("tools", "has_search"),
    [
        pytest.param([{"type": "web_search"}], False, id="the access has none"),
        pytest.param([{"type": "web_search", "external_web_access": False}], True, id="not the live web"),
        pytest.param(
            [{"type": "web_search"}, {**FUNCTION, "name": "web_search"}], True, id="a name is taken"
        ),
    ],
)
def test_a_search_that_cannot_be_had_is_left_out_and_named(tools: list[Json], *, has_search: bool) -> None:
    translated = asked(*tools, has_search=has_search)

    assert translated.left_out == ["tools.web_search"]
    assert all("type" not in tool for tool in translated.request.get("tools", []))


@pytest.mark.parametrize(
    ("wanted", "environment", "is_gateway", "offered"),
    [
        (None, {}, False, True),
        (None, {"CLAUDE_CODE_USE_VERTEX": "1"}, False, True),
        (None, {"CLAUDE_CODE_USE_BEDROCK": "1"}, False, False),
        (None, {}, True, False),
        (True, {"CLAUDE_CODE_USE_BEDROCK": "1"}, True, True),
        (False, {}, False, False),
    ],
)
def test_which_access_has_a_search(
    environment: Json, *, wanted: bool | None, is_gateway: bool, offered: bool
) -> None:
    assert is_offered(wanted, environment, is_gateway=is_gateway) is offered


def answer(*blocks: Json) -> tuple[list[Json], list[Json]]:
    """The output items and the events for an answer of these blocks."""
    fold = ResponseFold("resp_1", 1, repeated({"model": "m"}), ToolNames(), shows_thinking=False)
    stream = events(Reply(blocks, chunk_chars=3), message_id="msg_1", model="m", body={"max_tokens": 99})
    sent = [told for event in stream for told in fold.add(event)]
    Response.model_validate(fold.response)
    for event in sent:
        STREAM_EVENT.validate_python(event)
    return fold.response["output"], sent


def test_a_search_and_what_the_answer_cites_are_shown() -> None:
    cites = {"type": "web_search_result_location", "url": URL, "title": None, "cited_text": "c"}
    page = {"type": "page_location", "document_index": 0}
    output, sent = answer(
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "canals"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "text", "text": "Found.", "citations": [cites, page]},
    )
    named = [event["type"].removeprefix("response.") for event in sent]

    assert [item["type"] for item in output] == ["web_search_call", "message"]
    assert output[0]["action"] == {"type": "search", "query": "canals"}
    assert output[1]["content"][0]["annotations"] == [
        {"type": "url_citation", "start_index": 0, "end_index": 6, "url": URL, "title": ""}
    ]
    assert [name for name in named if name.startswith("web_search_call")] == [
        f"web_search_call.{state}" for state in ("in_progress", "searching", "completed")
    ]
    assert named.count("output_text.annotation.added") == 1


def test_a_call_of_another_tool_that_the_api_runs_is_not_shown() -> None:
    fetch = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {}}

    assert answer(fetch, {"type": "text", "text": "Read."})[0][0]["type"] == "message"


def test_a_search_that_was_cut_has_no_query() -> None:
    fold = ResponseFold("resp_1", 1, repeated({"model": "m"}), ToolNames(), shows_thinking=False)
    fold.add({"type": "message_start", "message": {"id": "msg_1", "model": "m"}})
    block = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    fold.add({"type": "content_block_start", "index": 0, "content_block": block})
    fold.add(
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "{"},
        }
    )
    fold.add({"type": "content_block_delta", "index": 0, "delta": {"type": "news"}})
    fold.add({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}})

    assert fold.response["output"][0]["action"] == {"type": "search", "query": ""}
    assert fold.response["output"][0]["status"] == "incomplete"
