"""The Responses API with OpenAI's own SDK, through the proxy and the real CLI."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pydantic
import pytest

from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

Json = dict[str, Any]
MODEL = "claude-sonnet-4-5"
WEATHER: Json = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
BROKEN = {"type": "overloaded_error", "message": "too much"}


@pytest.fixture
def client(proxy_url: str, api: ScriptedApi) -> Iterator[openai.OpenAI]:
    """OpenAI's SDK, pointed at the proxy."""
    with openai.OpenAI(base_url=f"{proxy_url}/v1", api_key="dummy", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, given: Any, **fields: Any) -> tuple[Any, str]:
    """The response, and the way that it took."""
    raw = client.responses.with_raw_response.create(model=MODEL, input=given, **fields)
    return raw.parse(), raw.headers["x-towpath-way"]


def streamed(client: openai.OpenAI, given: Any, **fields: Any) -> Any:
    with client.responses.stream(model=MODEL, input=given, **fields) as events:
        return events.get_final_response()


def test_a_text_turn_and_the_next_one(client: openai.OpenAI, api: ScriptedApi) -> None:
    fields: Json = {"instructions": "Be brief.", "user": "responses-text", "max_output_tokens": 50}
    first, _ = ask(client, "SAY hello", **fields)
    given = [
        {"role": "user", "content": "SAY hello"},
        *first.output,
        {"role": "user", "content": "SAY again"},
    ]
    second, way = ask(client, given, **fields)

    assert (first.output_text, first.status, first.usage.output_tokens > 0) == ("hello", "completed", True)
    assert (second.output_text, way) == ("again", "resume")
    assert "Be brief." in str(api.last["system"])
    assert len(api.exchanges) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_round_trip_is_an_answer_to_the_parked_process(
    client: openai.OpenAI, api: ScriptedApi, *, stream: bool
) -> None:
    calls = 'THINK hm\nCALL get_weather {"city": "Oslo"}\nCALL get_weather {"city": "Bergen"}'
    fields: Json = {"tools": [WEATHER], "user": f"responses-tools-{stream}", "reasoning": {"summary": "auto"}}
    given: list[Any] = [{"role": "user", "content": calls}]
    said = streamed(client, given, **fields) if stream else ask(client, given, **fields)[0]
    asked = [item for item in said.output if item.type == "function_call"]

    assert [item.type for item in said.output] == ["reasoning", "message", "function_call", "function_call"]
    assert said.output[0].summary[0].text == "hm"
    assert [json.loads(call.arguments)["city"] for call in asked] == ["Oslo", "Bergen"]

    given += said.output
    given += [
        {"type": "function_call_output", "call_id": call.call_id, "output": f"rain {number}"}
        for number, call in enumerate(asked)
    ]
    answer, way = ask(client, given, **fields)

    assert (answer.output_text, way) == ("Results: rain 0 | rain 1", "answer")
    assert len(api.exchanges) == 2


def test_thinking_that_the_client_sends_back_stands_in_a_history_that_starts_again(
    client: openai.OpenAI, api: ScriptedApi
) -> None:
    given: list[Any] = [{"role": "user", "content": "THINK deep\nCALL get_weather {}"}]
    said, _ = ask(client, given, tools=[WEATHER], user="responses-thinking")
    call = said.output[-1]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    _, way = ask(client, [*given, *said.output, result], tools=[WEATHER], user="responses-thinking-elsewhere")

    assert way == "start"
    (assistant,) = [message for message in api.last["messages"] if message["role"] == "assistant"]
    assert [block["type"] for block in assistant["content"]] == ["thinking", "text", "tool_use"]
    assert assistant["content"][0]["thinking"] == "deep"


class Boat(pydantic.BaseModel):
    name: str
    length: int


@pytest.mark.parametrize("stream", [False, True])
def test_a_structured_answer_is_parsed(client: openai.OpenAI, api: ScriptedApi, *, stream: bool) -> None:
    asked: Json = {"input": "which boat?", "text_format": Boat, "user": f"responses-boat-{stream}"}
    if stream:
        parsed = streamed(client, asked.pop("input"), **asked).output_parsed
    else:
        parsed = client.responses.parse(model=MODEL, **asked).output_parsed

    assert parsed == Boat(name="", length=0)
    assert api.last["output_config"]["format"]["schema"]["required"] == ["name", "length"]


def test_an_answer_that_was_cut_is_incomplete(client: openai.OpenAI, api: ScriptedApi) -> None:
    api.reply(Reply(({"type": "text", "text": "half a"},), stop_reason="max_tokens"))
    said, _ = ask(client, "hi", user="responses-cut")

    assert (said.status, said.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert said.output_text == "half a"


def test_a_stream_is_told_event_by_event(client: openai.OpenAI) -> None:
    events = list(client.responses.create(model=MODEL, input="REPEAT 5 boat ", stream=True))

    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "boat " * 5
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "boat " * 5


def test_errors_arrive_as_the_sdk_knows_them(client: openai.OpenAI, api: ScriptedApi) -> None:
    with pytest.raises(openai.BadRequestError, match="previous_response_id: conversations are not held"):
        ask(client, "hi", previous_response_id="resp_1")
    with pytest.raises(openai.BadRequestError, match=r"max_output_tokens: Input should be greater"):
        ask(client, "hi", max_output_tokens=0, stream=True)
    for number, stream in enumerate([False, True]):
        api.reply(Failure(429, "rate_limit_error", "slow down"))
        with pytest.raises(openai.RateLimitError, match="slow down"):
            client.responses.create(model=MODEL, input="hi", stream=stream, user=f"responses-429-{number}")
    api.reply(Reply(({"type": "text", "text": "partial"},), error_after_events=(3, BROKEN)))
    with pytest.raises(openai.APIError, match="too much"):
        streamed(client, "hi", user="responses-broken")


def test_a_stream_that_breaks_ends_with_a_failed_response(proxy_url: str, api: ScriptedApi) -> None:
    api.reply(Reply(({"type": "text", "text": "partial"},), error_after_events=(3, BROKEN)))
    body = {"model": MODEL, "input": "hi", "stream": True, "user": "responses-failed"}
    lines = httpx.post(f"{proxy_url}/responses", json=body, timeout=60).text.splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    last = json.loads(lines[-2].removeprefix("data: "))

    assert (names[0], names[-2:]) == ("response.created", ["error", "response.failed"])
    assert (last["response"]["status"], last["response"]["error"]["message"]) == ("failed", "too much")
    assert "[DONE]" not in lines[-2]


def test_what_the_answer_could_not_repeat_is_refused_before_it_begins(proxy_url: str) -> None:
    deep: Any = "name"
    for _ in range(300):
        deep = [deep]
    shape = {"type": "json_schema", "name": deep, "schema": {"type": "object"}}
    body = {"model": MODEL, "input": "hi", "text": {"format": shape}}
    refused = httpx.post(f"{proxy_url}/v1/responses", json=body, timeout=60)

    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")


def test_items_that_are_only_pointed_at(client: openai.OpenAI, api: ScriptedApi) -> None:
    asked = {"role": "user", "content": "SAY references"}
    first, _ = ask(client, [asked])
    pointed = {"type": "item_reference", "id": first.output[0].id}
    second, way = ask(client, [asked, pointed, {"role": "user", "content": "SAY more"}])

    assert (second.output_text, way) == ("more", "resume")
    with pytest.raises(openai.NotFoundError, match="set `store` to false"):
        ask(client, [asked, {**pointed, "id": "msg_unknown"}, asked])


def test_a_rule_of_the_developer_in_front_of_the_user(client: openai.OpenAI, api: ScriptedApi) -> None:
    given: list[Json] = [{"role": "user", "content": "SAY one"}]
    for word in ("two", "three"):
        said, _ = ask(client, given)
        rule = {"role": "developer", "content": f"Be kind in {word}."}
        given += [said.output[0].to_dict(), rule, {"role": "user", "content": f"SAY {word}"}]
    last, _ = ask(client, given)

    assert last.output_text == "three"
    assert all(f"Be kind in {word}." in str(api.last["messages"]) for word in ("two", "three"))


def test_tools_in_namespaces_and_tools_with_a_text(client: openai.OpenAI, api: ScriptedApi) -> None:
    space = {"type": "namespace", "name": "mcp__sky", "description": "Weather.", "tools": [WEATHER]}
    patch = {"type": "custom", "name": "apply_patch", "description": "Patches a file."}
    tools: Any = [WEATHER, space, patch, {"type": "web_search"}]
    calls = 'CALL mcp__sky__get_weather {"city": "Oslo"}\nCALL apply_patch {"input": "*** Begin\\n*** End"}'
    asked = {"role": "user", "content": calls}
    first = streamed(client, [asked], tools=tools)
    _, weather, patched = first.output
    outputs = [
        {"type": "function_call_output", "call_id": weather.call_id, "output": "rain"},
        {"type": "custom_tool_call_output", "call_id": patched.call_id, "output": "Done!"},
    ]
    given: Any = [asked, *first.output, *outputs]
    raw = client.responses.with_raw_response.create(model=MODEL, input=given, tools=tools)

    assert (weather.namespace, weather.name) == ("mcp__sky", "get_weather")
    assert (patched.name, patched.input) == ("apply_patch", "*** Begin\n*** End")
    assert raw.parse().output_text == "Results: rain | Done!"
    assert (raw.headers["x-towpath-way"], raw.headers["x-towpath-left-out"]) == ("answer", "tools.web_search")


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_to_be_an_object_is_one(
    client: openai.OpenAI, api: ScriptedApi, *, stream: bool
) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "answer_in_json", "input": {"boat": "Ada"}}
    api.reply(Reply(({"type": "text", "text": "Here it is:"}, call)))
    fields: Json = {"text": {"format": {"type": "json_object"}}, "user": f"responses-json-{stream}"}
    said = streamed(client, "which boat?", **fields) if stream else ask(client, "which boat?", **fields)[0]

    assert [item.type for item in said.output] == ["message"]
    assert json.loads(said.output_text) == {"boat": "Ada"}
