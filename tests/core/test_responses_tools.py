"""Tools of OpenAI's Responses API that are not plain functions, in both directions."""

from typing import Any

import orjson
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from towpath.core.errors import ApiError
from towpath.core.openai.custom_tools import RawInput
from towpath.core.openai.responses_answer import ResponseFold
from towpath.core.openai.responses_request import repeated, translation
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.reading.request import parse_request
from towpath.testing.script import Reply
from towpath.testing.stream import events

Json = dict[str, Any]
STREAM_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ADD: Json = {"type": "function", "name": "add", "description": "Adds.", "parameters": {"type": "object"}}
GRAMMAR: Json = {"type": "grammar", "syntax": "lark", "definition": "start: WORD"}
PATCH: Json = {"type": "custom", "name": "apply_patch", "description": "Patches.", "format": GRAMMAR}
TEXT = 'say "ä 😀"\n\t\\d \x07 done'


def namespace(name: str, *tools: Json) -> Json:
    return {"type": "namespace", "name": name, "description": "Sums.", "tools": [*tools]}


def body(*tools: Json, **fields: Any) -> Json:
    return {"model": "m", "input": "hi", "tools": [*tools], **fields}


def answer(asked: Json, *calls: tuple[str, Json], chunk_chars: int = 3) -> tuple[list[Json], list[Json]]:
    """The output items and the events for calls of the model's, by the names that it knows."""
    blocks: tuple[Json, ...] = tuple(
        {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": given}
        for index, (name, given) in enumerate(calls)
    )
    fold = ResponseFold("resp_1", 1, repeated(asked), translation(asked).names, shows_thinking=False)
    stream = events(
        Reply(blocks, chunk_chars=chunk_chars), message_id="msg_1", model="m", body={"max_tokens": 9}
    )
    sent = [told for event in stream for told in fold.add(event)]
    Response.model_validate(fold.response)
    for event in sent:
        STREAM_EVENT.validate_python(event)
    return fold.response["output"], sent


def test_tools_of_two_namespaces_come_back_under_their_own_names() -> None:
    asked = body(ADD, namespace("mcp__one", ADD), namespace("mcp__two", ADD))
    request = parse_request(orjson.dumps(translation(asked).request))
    names = [tool["name"] for tool in request.tools]
    output, _ = answer(asked, *((name, {"a": 1}) for name in names))

    assert names == ["add", "mcp__one__add", "mcp__two__add"]
    assert [(item.get("namespace"), item["name"]) for item in output] == [
        (None, "add"),
        ("mcp__one", "add"),
        ("mcp__two", "add"),
    ]
    assert request.tools[2]["description"] == "About all tools of mcp__two: Sums.\n\nAdds."
    # What comes back in the next request is what the model wrote.
    again = translation({**asked, "input": [{"role": "user", "content": "hi"}, *output]}).request
    assert [message["content"][0]["name"] for message in again["messages"][1:4]] == names


@pytest.mark.parametrize(
    "tools",
    [
        pytest.param([OwnTool("a" * 200), OwnTool("a" * 199)], id="too long"),
        pytest.param([OwnTool("add", "x" * 100), OwnTool("b" * 100, "x" * 100)], id="too long together"),
        pytest.param(
            [OwnTool("c", "a__b"), OwnTool("b__c", "a"), OwnTool("a__b__c")], id="alike when joined"
        ),
        pytest.param(
            [OwnTool("add", "n"), OwnTool("add", "n_"), OwnTool("add", "n__")], id="alike at the end"
        ),
        pytest.param([OwnTool("ü.b"), OwnTool("ö.b"), OwnTool("\ud800")], id="illegal"),
        pytest.param([OwnTool("p"), OwnTool("p", is_custom=True)], id="of two kinds"),
    ],
)
def test_every_tool_has_one_legal_name_of_its_own(tools: list[OwnTool]) -> None:
    names = ToolNames(tools)
    legal = [names.legal(tool) for tool in tools]

    assert [names.own(name) for name in legal] == tools
    assert len(set(legal)) == len(tools)
    for name in legal:
        parse_request(orjson.dumps(translation(body({**ADD, "name": name})).request))


def test_a_tool_without_a_namespace_keeps_its_name_and_one_that_is_gone_takes_none() -> None:
    names = ToolNames([OwnTool("b__c", "a"), OwnTool("a__b__c")])

    assert names.own("a__b__c") == OwnTool("a__b__c")
    assert names.legal(OwnTool("c", "a__b")) not in ("a__b__c", names.legal(OwnTool("b__c", "a")))
    assert names.legal(OwnTool("gone", "a")) == "a__gone"
    assert names.own("made_up") == OwnTool("made_up")


def test_a_custom_tool_is_a_tool_with_one_string_that_is_told_the_grammar() -> None:
    (tool,) = parse_request(orjson.dumps(translation(body(PATCH)).request)).tools

    assert tool["input_schema"]["required"] == ["input"]
    assert tool["description"] == "Patches.\n\nThe input must match this grammar (lark):\n\nstart: WORD"


@pytest.mark.parametrize("chunk_chars", [1, 2, 5, 1000])
def test_a_call_of_a_custom_tool_has_its_raw_text_and_events_of_its_own(chunk_chars: int) -> None:
    asked = body(namespace("n", PATCH))
    (item,), sent = answer(asked, ("n__apply_patch", {"input": TEXT}), chunk_chars=chunk_chars)
    grown = [event for event in sent if event["type"] == "response.custom_tool_call_input.delta"]
    done = next(event for event in sent if event["type"] == "response.custom_tool_call_input.done")
    output = {"type": "custom_tool_call_output", "call_id": item["call_id"], "output": "Done!"}
    again = translation({**asked, "input": [{"role": "user", "content": "hi"}, item, output]}).request

    assert (item["type"], item["namespace"], item["name"], item["input"]) == (
        "custom_tool_call",
        "n",
        "apply_patch",
        TEXT,
    )
    assert ("".join(event["delta"] for event in grown), done["input"]) == (TEXT, TEXT)
    assert {event["item_id"] for event in grown} == {item["id"]}
    assert [message["content"][0] for message in again["messages"][1:]] == [
        {"type": "tool_use", "id": "toolu_0", "name": "n__apply_patch", "input": {"input": TEXT}},
        {"type": "tool_result", "tool_use_id": "toolu_0", "content": "Done!"},
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('{"input": ""}', ""),
        ('{ "input" : "\\u00e4\\ud83d\\ude00" }', "ä😀"),
        ('{"input": "cut in the mid', "cut in the mid"),
        ('{"input": "cut \\u00', "cut "),
        ('{"other": 1, "input": "late"}', "late"),
        ('{"patch": "x"}', '{"patch": "x"}'),
        ('{"inp', '{"inp'),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_the_text_of_a_call_whatever_the_model_writes(written: str, text: str, size: int) -> None:
    raw = RawInput()
    grown = [raw.add(written[at : at + size]) for at in range(0, len(written), size)]

    assert "".join(grown) + raw.rest({}) == text


def test_a_call_that_comes_whole_has_its_text() -> None:
    assert (RawInput().rest({"input": "whole"}), RawInput().rest({})) == ("whole", "")


@pytest.mark.parametrize("choice", [{"type": "custom", "name": "apply_patch", "namespace": "n"}])
def test_a_choice_of_one_tool_names_it_as_the_client_does(choice: Json) -> None:
    request = translation(body(namespace("n", PATCH), tool_choice=choice)).request

    assert request["tool_choice"] == {"type": "tool", "name": "n__apply_patch"}


def test_tools_that_an_item_adds_are_offered_once() -> None:
    added = {"type": "additional_tools", "role": "developer", "tools": [namespace("mcp__one", ADD), PATCH]}
    found = {
        "type": "tool_search_output",
        "call_id": "c1",
        "tools": [{**ADD, "name": "sub"}, PATCH, {"type": "news"}],
    }
    items = [{"role": "user", "content": "hi"}, added, found, {"type": "additional_tools", "tools": None}]
    made = translation(body(ADD, input=items))
    names = [tool["name"] for tool in parse_request(orjson.dumps(made.request)).tools]
    output, _ = answer(body(ADD, input=items), ("mcp__one__add", {"a": 1}), ("apply_patch", {"input": "p"}))

    assert names == ["add", "mcp__one__add", "apply_patch", "sub"]
    assert made.left_out == ["tools.news"]
    assert made.tool_paths == ["tools.0", "input.1.tools.0.tools.0", "input.1.tools.1", "input.2.tools.0"]
    assert [item["type"] for item in output] == ["function_call", "custom_tool_call"]


def test_an_item_that_adds_no_tool_is_refused_by_its_place() -> None:
    added = {"type": "additional_tools", "tools": [{"name": "add"}]}
    with pytest.raises(ApiError, match=r"input\.1\.tools\.0\.type: Field required"):
        translation(body(input=[{"role": "user", "content": "hi"}, added]))
