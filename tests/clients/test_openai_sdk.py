"""OpenAI's own SDK, through the proxy and the real CLI."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.clients.listed import Client
from tests.support.pins import pinned
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

CLIENT = Client(
    name="openai, the SDK for Python",
    version=pinned("openai"),
    lines="export OPENAI_BASE_URL=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy",
)
Json = dict[str, Any]
MODEL = "claude-sonnet-4-5"
WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def client(proxy_url: str, api: ScriptedApi) -> Iterator[openai.OpenAI]:
    """OpenAI's SDK, pointed at the proxy."""
    with openai.OpenAI(base_url=f"{proxy_url}/v1", api_key="dummy", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, messages: list[Json], **fields: Any) -> Any:
    return client.chat.completions.create(model=MODEL, messages=messages, **fields)  # type: ignore[arg-type]


@pytest.mark.shows("text turn")
def test_a_text_turn_and_the_next_one(client: openai.OpenAI, api: ScriptedApi) -> None:
    messages: list[Json] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "SAY hello"},
    ]
    first = ask(client, messages, user="openai-text", max_tokens=50, stop=["END"])
    messages += [first.choices[0].message.model_dump(), {"role": "user", "content": "SAY again"}]
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=messages,  # type: ignore[arg-type]
        user="openai-text",
        max_tokens=50,
        stop=["END"],
    )

    assert first.choices[0].message.content == "hello"
    assert (first.choices[0].finish_reason, first.usage.completion_tokens > 0) == ("stop", True)
    assert raw.headers["x-towpath-way"] == "resume"
    assert raw.parse().choices[0].message.content == "again"
    assert api.last["stop_sequences"] == ["END"]
    assert "Be brief." in str(api.last["system"])


@pytest.mark.shows("tool round trip")
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_round_trip_is_an_answer_to_the_parked_process(
    client: openai.OpenAI, api: ScriptedApi, *, stream: bool
) -> None:
    calls = 'CALL get_weather {"city": "Oslo"}\nCALL get_weather {"city": "Bergen"}'
    messages: list[Json] = [{"role": "user", "content": calls}]
    fields: Json = {"tools": [WEATHER], "user": f"openai-tools-{stream}"}
    if stream:
        with client.chat.completions.stream(model=MODEL, messages=messages, **fields) as events:  # type: ignore[arg-type]
            said = events.get_final_completion().choices[0].message
    else:
        said = ask(client, messages, **fields).choices[0].message
    cities = [json.loads(call.function.arguments)["city"] for call in said.tool_calls or ()]
    assert cities == ["Oslo", "Bergen"]
    assert all(call.id.startswith("call_") for call in said.tool_calls or ())
    messages.append(
        {
            "role": "assistant",
            "content": said.content,
            "tool_calls": [c.model_dump() for c in said.tool_calls or ()],
        }
    )
    messages += [
        {"role": "tool", "tool_call_id": call.id, "content": f"rain {number}"}
        for number, call in enumerate(said.tool_calls or ())
    ]
    answer = ask(client, messages, **fields)

    assert answer.choices[0].message.content == "Results: rain 0 | rain 1"
    assert len(api.exchanges) == 2


@pytest.mark.shows("streaming")
def test_a_stream_ends_with_its_usage(client: openai.OpenAI) -> None:
    chunks = list(
        ask(
            client,
            [{"role": "user", "content": "REPEAT 5 boat "}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "boat " * 5
    assert chunks[-1].usage.total_tokens > 0


@pytest.mark.shows("error")
def test_errors_arrive_as_the_sdk_knows_them(client: openai.OpenAI, api: ScriptedApi) -> None:
    with pytest.raises(openai.BadRequestError, match="n: 2 has no counterpart"):
        ask(client, [{"role": "user", "content": "hi"}], n=2)
    api.reply(Failure(429, "rate_limit_error", "slow down"))
    with pytest.raises(openai.RateLimitError, match="slow down"):
        ask(client, [{"role": "user", "content": "hi"}], user="openai-error")
    broken = {"type": "overloaded_error", "message": "too much"}
    api.reply(Reply(({"type": "text", "text": "partial"},), error_after_events=(3, broken)))
    with pytest.raises(openai.APIError, match="too much"):
        list(ask(client, [{"role": "user", "content": "hi"}], stream=True, user="openai-broken"))


@pytest.mark.shows("list of models")
def test_the_list_of_models_is_readable(client: openai.OpenAI) -> None:
    assert any("sonnet" in model.id for model in client.models.list())
