"""What programs ask of OpenAI's chat API beside plain text and tools, through the real CLI."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

Json = dict[str, Any]
MODEL = "claude-sonnet-4-5"


@pytest.fixture
def client(proxy_url: str, api: ScriptedApi) -> Iterator[openai.OpenAI]:
    """OpenAI's SDK, pointed at the proxy."""
    with openai.OpenAI(base_url=f"{proxy_url}/v1", api_key="dummy", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, *messages: Json, **fields: Any) -> Any:
    return client.chat.completions.create(model=MODEL, messages=list(messages), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("stream", [False, True])
def test_an_object_without_a_schema_is_all_that_is_said(
    client: openai.OpenAI, api: ScriptedApi, *, stream: bool
) -> None:
    call = {"type": "tool_use", "name": "answer_in_json", "input": {"city": "Oslo", "days": [1, 2]}}
    api.reply(Reply((call,)))
    user = {"role": "user", "content": "Which city? Answer in JSON."}
    fields: Json = {"response_format": {"type": "json_object"}, "user": f"json-{stream}"}
    if stream:
        choices = [chunk.choices[0] for chunk in ask(client, user, stream=True, **fields)]
        said = "".join(choice.delta.content or "" for choice in choices)
        finish = choices[-1].finish_reason
    else:
        (choice,) = ask(client, user, **fields).choices
        said, finish = choice.message.content, choice.finish_reason

    assert (json.loads(said), finish) == (call["input"], "stop")
    assert api.last["tool_choice"]["type"] == "tool"
    assert "format" not in api.last.get("output_config", {})
    after = ask(client, user, {"role": "assistant", "content": said}, {"role": "user", "content": "SAY so"})
    assert after.choices[0].message.content == "so"


@pytest.mark.parametrize("stream", [False, True])
def test_prose_in_place_of_an_object_is_an_error(
    client: openai.OpenAI, api: ScriptedApi, *, stream: bool
) -> None:
    api.reply(Reply(({"type": "text", "text": "I would rather not."},)))
    user = {"role": "user", "content": "Answer in JSON."}
    with pytest.raises(openai.APIError, match="not in JSON"):
        list(
            ask(client, user, response_format={"type": "json_object"}, stream=stream, user=f"prose-{stream}")
        )


def test_hints_and_names_are_left_out_and_named(client: openai.OpenAI, api: ScriptedApi) -> None:
    user: Any = {"role": "user", "content": "SAY hello", "name": "Ada"}
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[user], seed=7, logprobs=True, temperature=1.5, store=True, stop=["\n", "END"]
    )

    named = set(raw.headers["x-towpath-left-out"].split(", "))
    assert named == {"temperature", "seed", "logprobs", "store", "stop", "messages.name"}
    assert (api.last["temperature"], api.last["stop_sequences"]) == (1, ["END"])
    (choice,) = raw.parse().choices
    assert (choice.message.content, choice.logprobs) == ("hello", None)


def test_the_thinking_of_an_answer_comes_and_goes_back(client: openai.OpenAI, api: ScriptedApi) -> None:
    user = {"role": "user", "content": "THINK about it\nSAY yes"}
    fields: Json = {"extra_body": {"thinking": {"type": "enabled", "budget_tokens": 1024}}, "user": "thinks"}
    said = ask(client, user, **fields).choices[0].message
    assert (said.content, said.model_extra["reasoning_content"]) == ("yes", "about it")

    raw = client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=[user, said.model_dump(), {"role": "user", "content": "SAY more"}],  # type: ignore[list-item]
        **fields,
    )
    assert raw.headers["x-towpath-way"] == "resume"
    assert raw.parse().choices[0].message.content == "more"
    assert "about it" in str(api.last["messages"][1])


def test_a_function_is_called_and_its_result_comes_back(client: openai.OpenAI) -> None:
    functions = [{"name": "get_weather", "parameters": {"type": "object"}}]
    user = {"role": "user", "content": 'CALL get_weather {"city": "Oslo"}'}
    (choice,) = ask(client, user, functions=functions).choices
    called = choice.message.function_call
    assert (called.name, json.loads(called.arguments)) == ("get_weather", {"city": "Oslo"})
    assert choice.finish_reason == "function_call"

    result = {"role": "function", "name": "get_weather", "content": "rain"}
    answer = ask(client, user, choice.message.model_dump(), result, functions=functions)
    assert answer.choices[0].message.content == "Results: rain"


def test_the_model_goes_on_after_its_own_last_word(client: openai.OpenAI, api: ScriptedApi) -> None:
    user = {"role": "user", "content": "hi"}
    answer = ask(client, user, {"role": "assistant", "content": "The sky is blue."})

    assert answer.choices[0].message.content == "You said: Continue."
    assert [message["role"] for message in api.last["messages"]] == ["user", "assistant", "user"]


def test_a_rule_in_front_of_what_the_user_says_and_between_a_call_and_its_result(
    client: openai.OpenAI,
) -> None:
    user, rule = {"role": "user", "content": "CALL f {}"}, {"role": "system", "content": "Be kind."}
    tools = [{"type": "function", "function": {"name": "f"}}]
    called = ask(client, user, tools=tools).choices[0].message.model_dump()
    result = {"role": "tool", "tool_call_id": called["tool_calls"][0]["id"], "content": "rain"}
    said = ask(client, user, called, rule, result, tools=tools).choices[0].message
    more = ask(
        client, user, called, rule, result, said.model_dump(), rule, {"role": "user", "content": "SAY so"}
    )

    assert said.content == "Results: rain"
    assert more.choices[0].message.content == "so"


def test_a_request_of_the_responses_api_gets_a_chat_for_an_answer(proxy_url: str, api: ScriptedApi) -> None:
    tools = [{"type": "custom", "name": "ApplyPatch", "description": "Patches."}]
    body = {"model": MODEL, "tools": tools, "input": 'CALL ApplyPatch {"input": "*** Begin"}'}
    said = httpx.post(f"{proxy_url}/v1/chat/completions", json=body, timeout=60).json()["choices"][0][
        "message"
    ]

    assert said["tool_calls"][0]["custom"] == {"name": "ApplyPatch", "input": "*** Begin"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_custom_tool_is_called_with_a_text(client: openai.OpenAI, *, stream: bool) -> None:
    tools = [{"type": "custom", "custom": {"name": "patch", "description": "Change files."}}]
    user: Any = {"role": "user", "content": r'CALL patch {"input": "*** Begin\n+\"é\"\n"}'}
    fields: Json = {"tools": tools, "user": f"custom-{stream}"}
    if stream:
        choices = [chunk.choices[0] for chunk in ask(client, user, stream=True, **fields)]
        text = "".join(choice.delta.content or "" for choice in choices)
        pieces = [call.to_dict() for choice in choices for call in choice.delta.tool_calls or ()]
        patch = "".join(piece["custom"]["input"] for piece in pieces)
        call = {**pieces[0], "custom": {"name": "patch", "input": patch}}
    else:
        said = ask(client, user, **fields).choices[0].message
        text, (call,) = said.content, [call.to_dict() for call in said.tool_calls]
    assert (call["type"], call["custom"]["input"]) == ("custom", '*** Begin\n+"é"\n')

    called: Any = {"role": "assistant", "content": text, "tool_calls": [call]}
    result: Any = {"role": "tool", "tool_call_id": call["id"], "content": "done"}
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[user, called, result], **fields
    )
    assert raw.headers["x-towpath-way"] == "answer"
    assert raw.parse().choices[0].message.content == "Results: done"
