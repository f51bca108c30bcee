"""The official Python SDK works through the proxy, and gets the errors that it would get from the API."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic, beta_async_tool, beta_tool
from anthropic.lib.streaming import MessageStreamManager
from anthropic.types import MessageParam, ToolParam
from pydantic import SecretStr
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from tests.clients.anthropic_sdk import CLIENT as CLIENT  # for the listing
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests, serve_recorded
from tests.support.fidelity import Json, seen, sent
from towpath.core.reading.body_limits import MAX_BODY_BYTES
from towpath.server.app import create_app
from towpath.server.http.streaming import EventStream
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread
from towpath.testing.stream import events

pytestmark = pytest.mark.cli

MODEL = "claude-sonnet-4-6"  # the SDK warns of older ones
MAX_TOKENS = 4000
GAUGE: ToolParam = {
    "name": "gauge",
    "description": "Reads the water level at a lock. " * 100,
    "input_schema": {"type": "object", "properties": {"lock": {"type": "string"}}, "required": ["lock"]},
}


@pytest.fixture
def client(proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder) -> Iterator[Anthropic]:
    """The SDK, pointed at the proxy."""
    with sdk(proxy.url) as client:
        yield client


def sdk(url: str, api_key: str = "dummy") -> Anthropic:
    """The SDK as a user has it, but for the retries, which would only hide something here."""
    return Anthropic(base_url=url, api_key=api_key, max_retries=0)


def user(content: Any) -> MessageParam:
    return {"role": "user", "content": content}


def ask(client: Anthropic, text: str, **fields: Any) -> anthropic.types.Message:
    message: anthropic.types.Message = client.messages.create(
        model=MODEL, max_tokens=MAX_TOKENS, messages=[user(text)], **fields
    )
    return message


def stream_of(client: Anthropic, text: str) -> MessageStreamManager[Any]:
    return client.messages.stream(model=MODEL, max_tokens=MAX_TOKENS, messages=[user(text)])


def texts(message: anthropic.types.Message) -> list[str]:
    return [block.text for block in message.content if block.type == "text"]


@pytest.mark.shows("text turn")
def test_a_question_is_answered(client: Anthropic, api: ScriptedApi) -> None:
    message = ask(client, "SAY hello", system="You are a lock keeper.", stop_sequences=["###"])

    assert texts(message) == ["hello"]
    assert message.model == MODEL
    assert message.stop_reason == "end_turn"
    assert api.last["system"][-1]["text"] == "You are a lock keeper."
    assert api.last["stop_sequences"] == ["###"]
    assert len(api.exchanges) == 1


def test_the_variables_of_the_listing_are_enough(
    proxy: RecordedProxy, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CLIENT.variables(proxy.url).items():
        monkeypatch.setenv(name, value)
    with Anthropic(max_retries=0) as client:
        assert texts(ask(client, "SAY hello")) == ["hello"]


@pytest.mark.shows("usage")
def test_usage_is_that_of_the_model_call(client: Anthropic, api: ScriptedApi) -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 7,
        "output_tokens": 11,
    }
    api.reply(*[Reply(({"type": "text", "text": "hello"},), usage=usage)] * 2)

    whole = ask(client, "whole").usage.to_dict()
    with stream_of(client, "stream") as stream:
        streamed = stream.get_final_message().usage.to_dict()

    assert usage.items() <= whole.items()
    assert usage.items() <= streamed.items()


@pytest.mark.shows("streaming")
def test_a_stream_brings_the_text_in_pieces(client: Anthropic) -> None:
    text = "a long walk along the canal " * 20
    with stream_of(client, f"SAY {text}") as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()

    assert len(pieces) > 1
    assert "".join(pieces) == text
    assert texts(message) == [text]
    assert message.stop_reason == "end_turn"


@pytest.mark.shows("tool round trip")
@pytest.mark.later_steps("answer")
def test_a_tool_can_be_run_by_hand(client: Anthropic, api: ScriptedApi, recorder: Recorder) -> None:
    fields: Any = {"model": MODEL, "max_tokens": MAX_TOKENS, "tools": [GAUGE]}
    messages = [user('CALL gauge {"lock": "upper"}')]
    message = client.messages.create(messages=messages, **fields)
    (call,) = (block for block in message.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "two metres"}
    messages += [{"role": "assistant", "content": message.content}, user([result])]
    final = client.messages.create(messages=messages, **fields)

    assert (message.stop_reason, call.name, call.input) == ("tool_use", "gauge", {"lock": "upper"})
    assert "two metres" in texts(final)[0]
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)
    assert [recorded.body["tools"] for recorded in api.exchanges] == [[GAUGE], [GAUGE]]


@beta_tool
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


@pytest.mark.shows("tool runner")
def test_a_tool_runner_falls_back_to_sending_the_whole_conversation(
    client: Anthropic, api: ScriptedApi, recorder: Recorder
) -> None:
    runner = client.beta.messages.tool_runner(
        model=MODEL,
        max_tokens=MAX_TOKENS,
        messages=[{"role": "user", "content": 'CALL depth {"lock": "upper"}'}],
        tools=[depth],
    )
    final = runner.until_done()

    assert final.content[-1].type == "text"
    assert "upper is three metres deep" in final.content[-1].text
    asked = [(e.status, "thread" in e.body, len(e.body["messages"])) for e in recorder.exchanges]
    assert asked == [(400, True, 1), (200, False, 1), (200, False, 3)]
    assert recorder.ways == [None, "start", "answer"]
    assert model_calls(api) == requests(recorder)


@beta_async_tool
async def width(lock: str) -> str:
    """Measures the width of a lock."""
    return f"{lock} is five metres wide"


@pytest.mark.shows("async tool runner")
async def test_an_async_tool_runner_streams_each_step(
    proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder
) -> None:
    async with AsyncAnthropic(base_url=proxy.url, api_key="dummy", max_retries=0) as client:
        runner = client.beta.messages.tool_runner(
            model=MODEL,
            max_tokens=MAX_TOKENS,
            messages=[{"role": "user", "content": 'SAY looking\nCALL width {"lock": "lower"}'}],
            tools=[width],
            stream=True,
        )
        texts = [await stream.get_final_text() async for stream in runner]

    assert texts == ["looking", "Results: lower is five metres wide"]
    assert recorder.ways == [None, "start", "answer"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("thinking")
def test_thinking_comes_back_to_the_model_with_its_signature(
    client: Anthropic, api: ScriptedApi, recorder: Recorder
) -> None:
    fields: Any = {
        "model": MODEL,
        "max_tokens": MAX_TOKENS,
        "tools": [GAUGE],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }
    messages = [user('THINK which lock\nCALL gauge {"lock": "lower"}')]
    with client.messages.stream(messages=messages, **fields) as stream:
        message = stream.get_final_message()
    thinking = next(block for block in message.content if block.type == "thinking")
    call = next(block for block in message.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "one metre"}
    messages += [{"role": "assistant", "content": message.content}, user([result])]
    client.messages.create(messages=messages, **fields)
    answered = seen(api.last)
    client.messages.create(messages=messages, **fields)
    started = seen(api.last)

    assert (thinking.thinking, bool(thinking.signature)) == ("which lock", True)
    assert recorder.ways == ["start", "answer", "start"]
    assert answered[1]["content"][0] == thinking.to_dict()
    assert started == answered == sent(recorder.exchanges[-1].body["messages"])


@pytest.mark.shows("error")
@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (anthropic.BadRequestError, 400, "invalid_request_error"),
        (anthropic.AuthenticationError, 401, "authentication_error"),
        (anthropic.PaymentRequiredError, 402, "billing_error"),
        (anthropic.PermissionDeniedError, 403, "permission_error"),
        (anthropic.RequestTooLargeError, 413, "request_too_large"),
        (anthropic.RateLimitError, 429, "rate_limit_error"),
        (anthropic.InternalServerError, 500, "api_error"),
        (anthropic.OverloadedError, 529, "overloaded_error"),
    ],
)
def test_an_error_of_the_api_is_the_sdks_own(
    client: Anthropic, api: ScriptedApi, error: type[anthropic.APIStatusError], status: int, kind: str
) -> None:
    api.reply(Failure(status, kind, "the gate is closed"))
    with pytest.raises(error) as raised:
        ask(client, "hello")

    assert raised.value.status_code == status
    assert error_of(raised.value) == {"type": kind, "message": "the gate is closed"}
    assert len(api.exchanges) == 1


def test_an_error_before_the_first_event_of_a_stream_is_a_status(client: Anthropic, api: ScriptedApi) -> None:
    api.reply(Failure(529, "overloaded_error", "the gate is closed"))
    with pytest.raises(anthropic.OverloadedError) as raised, stream_of(client, "hello"):
        pass

    assert raised.value.status_code == 529


def test_a_model_that_the_api_does_not_know_is_not_found(client: Anthropic, api: ScriptedApi) -> None:
    # Two of them: the CLI asks a second time after this one, without streaming, and says it in its own words.
    api.reply(*[Failure(404, "not_found_error", "model: claude-unknown")] * 2)
    with pytest.raises(anthropic.NotFoundError) as raised:
        client.messages.create(model="claude-unknown", max_tokens=MAX_TOKENS, messages=[user("hello")])

    assert error_of(raised.value)["type"] == "not_found_error"
    assert "claude-unknown" in error_of(raised.value)["message"]


def error_of(error: anthropic.APIStatusError) -> Mapping[str, Any]:
    assert isinstance(error.body, dict)
    return dict(error.body["error"])


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"temperature": 3}, "temperature: "),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text: "),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "tools.0.name: "),
        ({"max_tokens": 0}, "max_tokens: "),
    ],
)
def test_a_bad_request_is_refused_with_the_name_of_the_field(
    client: Anthropic, api: ScriptedApi, fields: Json, named: str
) -> None:
    good: Json = {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": [user("hello")]}
    with pytest.raises(anthropic.BadRequestError) as raised:
        client.messages.create(**{**good, "extra_body": fields})

    assert error_of(raised.value)["message"].startswith(named)
    assert api.exchanges == []


def test_a_request_over_the_size_limit_is_too_large(client: Anthropic, api: ScriptedApi) -> None:
    with pytest.raises(anthropic.RequestTooLargeError):
        ask(client, "x" * MAX_BODY_BYTES)

    assert api.exchanges == []


def test_what_is_not_served_is_not_found(client: Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as raised:
        client.beta.skills.list()

    assert "/v1/skills" in error_of(raised.value)["message"]


def test_only_the_key_of_the_server_opens_it(
    scripted_api: tuple[ScriptedApi, str], api: ScriptedApi, settings: Settings
) -> None:
    locked = create_app(settings.model_copy(update={"api_key": SecretStr("right")}))
    with serve_recorded(locked) as proxy:
        with sdk(proxy.url, "wrong") as stranger, pytest.raises(anthropic.AuthenticationError):
            ask(stranger, "hello")
        assert api.exchanges == []
        with sdk(proxy.url, "right") as owner:
            assert texts(ask(owner, "SAY welcome")) == ["welcome"]


@pytest.mark.shows("async client")
async def test_parallel_requests_are_answered_each_with_its_own(
    proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder
) -> None:
    numbers = range(5)

    async def answer(client: AsyncAnthropic, text: str) -> str:
        async with client.messages.stream(
            model=MODEL, max_tokens=MAX_TOKENS, messages=[user(text)]
        ) as stream:
            return await stream.get_final_text()

    async with AsyncAnthropic(base_url=proxy.url, api_key="dummy", max_retries=0) as client:
        with api.held():
            asked = [asyncio.ensure_future(answer(client, f"SAY number {n}")) for n in numbers]
            await asyncio.to_thread(api.wait_for, len(numbers), 60)
        answers = await asyncio.gather(*asked)

    assert answers == [f"number {n}" for n in numbers]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("broken streams")
@pytest.mark.parametrize(
    "reply",
    [
        Reply(
            ({"type": "text", "text": "a long answer " * 20},),
            error_after_events=(4, {"type": "overloaded_error", "message": "Overloaded"}),
        ),
        Reply(({"type": "text", "text": "a long answer " * 20},), cut_after_events=4, pause_seconds=0.2),
    ],
    ids=["error event", "connection cut"],
)
def test_a_stream_that_breaks_raises_after_what_it_brought(
    client: Anthropic, api: ScriptedApi, reply: Reply
) -> None:
    api.reply(reply)
    pieces: list[str] = []
    with pytest.raises(anthropic.APIError), stream_of(client, "hello") as stream:
        pieces.extend(stream.text_stream)

    assert "".join(pieces).startswith("a long answer")
    assert len(api.exchanges) == 1


async def stream_with_pings_first(scope: Scope, receive: Receive, send: Send) -> None:
    """The proxy's own stream in front of a model that stays silent until three pings have gone out."""
    await Request(scope, receive).body()
    pings = asyncio.Semaphore(0)

    async def send_and_count(part: Message) -> None:
        await send(part)
        if b"event: ping" in part.get("body", b""):
            pings.release()

    async def answer() -> AsyncGenerator[Mapping[str, Any]]:
        for _ in range(3):
            await pings.acquire()
        yield {}
        reply = Reply(({"type": "text", "text": "sorry for the delay"},))
        for event in events(reply, message_id="msg_1", model=MODEL, body={}):
            yield event

    await EventStream(answer(), "req_1", ping_seconds=0.01, client_seconds=60)(scope, receive, send_and_count)


def test_pings_before_the_first_event_do_not_disturb_the_sdk() -> None:
    with (
        serve_in_thread(stream_with_pings_first) as url,
        sdk(url) as client,
        stream_of(client, "hello") as stream,
    ):
        assert stream.get_final_text() == "sorry for the delay"
