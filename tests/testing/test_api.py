"""The scripted API over real HTTP: with httpx, which hides nothing, and with the official SDK."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import anthropic
import httpx
import pytest
from starlette.applications import Starlette

from tests.support.waiting import WAIT_SECONDS
from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread
from towpath.testing.script import Json

HELLO = Reply(({"type": "text", "text": "Hello."},))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ScriptedApi, str]]:
    """A scripted API, and its URL."""
    api = ScriptedApi()
    with serve_in_thread(api.app) as url:
        yield api, url


@pytest.fixture
def api(served: tuple[ScriptedApi, str]) -> ScriptedApi:
    """The same, with nothing recorded and nothing queued."""
    served[0].clear()
    return served[0]


@pytest.fixture(scope="module")
def http(served: tuple[ScriptedApi, str]) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=served[1], timeout=WAIT_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def sdk(served: tuple[ScriptedApi, str]) -> Iterator[anthropic.Anthropic]:
    """The SDK, pointed at it."""
    with anthropic.Anthropic(base_url=served[1], api_key="dummy", max_retries=0) as client:
        yield client


def ask(text: str, *, stream: bool = False) -> Json:
    body: Json = {
        "model": "claude-opus-4-6",
        "max_tokens": 99,
        "messages": [{"role": "user", "content": text}],
    }
    return {**body, "stream": True} if stream else body


def names_and_data(stream: str) -> list[tuple[str, Json]]:
    frames = [frame.split("\n") for frame in stream.removesuffix("\n\n").split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in frames]


def test_a_stream_is_server_sent_events_with_a_ping_after_the_first_start(
    api: ScriptedApi, http: httpx.Client
) -> None:
    response = http.post("/v1/messages?beta=true", json=ask("SAY Grüße", stream=True))

    sent = names_and_data(response.text)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["request-id"].startswith("req_")
    assert all(name == data["type"] for name, data in sent)
    assert [name for name, _ in sent] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert sent[3][1]["delta"] == {"type": "text_delta", "text": "Grüße"}


def test_without_stream_the_answer_is_one_message(api: ScriptedApi, http: httpx.Client) -> None:
    first = http.post("/v1/messages", json=ask("CALL read {}\nCALL read {}")).json()
    second = http.post("/v1/messages", json=ask("CALL read {}")).json()

    calls = [block for block in first["content"] + second["content"] if block["type"] == "tool_use"]
    assert (first["type"], first["role"], first["model"]) == ("message", "assistant", "claude-opus-4-6")
    assert first["stop_reason"] == "tool_use"
    assert first["id"].startswith("msg_") and first["id"] != second["id"]
    assert len({call["id"] for call in calls}) == 3
    assert all(call["id"].startswith("toolu_") for call in calls)
    assert all(call["caller"] == {"type": "direct"} for call in calls)


@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_has_the_headers_of_its_script(api: ScriptedApi, http: httpx.Client, stream: bool) -> None:
    api.reply(Reply(HELLO.content, headers={"anthropic-ratelimit-unified-status": "allowed"}))
    response = http.post("/v1/messages", json=ask("hi", stream=stream))

    assert response.headers["anthropic-ratelimit-unified-status"] == "allowed"
    assert response.headers["request-id"].startswith("req_")


def test_an_id_that_the_script_gives_is_kept(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(Reply(({"type": "tool_use", "id": "toolu_mine", "name": "read", "input": {}},)))

    assert http.post("/v1/messages", json=ask("hi")).json()["content"][0]["id"] == "toolu_mine"


def test_queued_answers_come_first_and_in_order(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(HELLO, lambda body: Reply(({"type": "text", "text": body["model"]},)))

    answers = [http.post("/v1/messages", json=ask("SAY obeyed")).json() for _ in range(3)]

    texts = [answer["content"][0]["text"] for answer in answers]
    assert texts == ["Hello.", "claude-opus-4-6", "obeyed"]


def test_requests_are_recorded_as_they_came(api: ScriptedApi, http: httpx.Client) -> None:
    body = {**ask("hi"), "metadata": {"big": 2**70, "text": "\ud7ff\u2028"}}

    http.post("/v1/messages", json=body, headers={"X-Trace": "abc"})
    http.post("/v1/messages/count_tokens", json=ask("count"))

    assert [exchange.path for exchange in api.exchanges] == ["/v1/messages", "/v1/messages/count_tokens"]
    assert api.exchanges[0].body == body
    assert api.exchanges[0].headers["x-trace"] == "abc"
    assert api.last == ask("count")
    api.clear()
    assert api.exchanges == []


def test_a_failure_has_status_envelope_and_headers(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(Failure(429, "rate_limit_error", "Slow down", headers={"retry-after": "7"}))

    response = http.post("/v1/messages", json=ask("hi", stream=True))

    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert response.headers["request-id"] == "req_scripted"
    assert response.json() == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Slow down"},
        "request_id": "req_scripted",
    }


def test_a_script_that_raises_says_so_in_its_answer(api: ScriptedApi, http: httpx.Client) -> None:
    def broken(body: Json) -> Reply:
        raise LookupError("no answer")

    api.reply(broken)
    response = http.post("/v1/messages", json=ask("hi"))

    assert response.status_code == 500
    assert response.headers["connection"] == "close"
    assert response.json()["error"]["message"] == "The script failed: LookupError('no answer')"


@pytest.mark.parametrize(
    ("cut_after", "arrived"),
    [
        (0, []),
        (1, ["message_start"]),
        (3, ["message_start", "content_block_start", "ping", "content_block_delta"]),
        (4, ["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop"]),
    ],
)
def test_a_cut_connection_raises_in_the_client_after_the_last_event(
    api: ScriptedApi, http: httpx.Client, cut_after: int, arrived: list[str]
) -> None:
    api.reply(Reply(HELLO.content, cut_after_events=cut_after))
    lines: list[str] = []

    with (
        pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"),
        http.stream("POST", "/v1/messages", json=ask("hi", stream=True)) as response,
    ):
        lines.extend(response.iter_lines())

    assert [line.removeprefix("event: ") for line in lines if line.startswith("event: ")] == arrived
    assert http.post("/v1/messages", json=ask("SAY alive")).json()["content"][0]["text"] == "alive"


def test_a_whole_stream_can_be_cut_too(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(Reply(HELLO.content, cut_after_events=99))

    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/v1/messages", json=ask("hi", stream=True))


def test_an_error_event_ends_the_stream(api: ScriptedApi, http: httpx.Client) -> None:
    overloaded = {"type": "overloaded_error", "message": "Overloaded"}
    api.reply(Reply(HELLO.content, error_after_events=(1, overloaded)))

    sent = names_and_data(http.post("/v1/messages", json=ask("hi", stream=True)).text)

    assert [name for name, _ in sent] == ["message_start", "error"]
    assert sent[-1][1] == {"type": "error", "error": overloaded}


def test_held_requests_are_received_but_not_answered(api: ScriptedApi, http: httpx.Client) -> None:
    with ThreadPoolExecutor() as pool:
        with api.held():
            answers = [pool.submit(http.post, "/v1/messages", json=ask(f"SAY {n}")) for n in range(2)]
            api.wait_for(2)
            assert http.get("/v1/models").status_code == 200
            assert not any(answer.done() for answer in answers)

        texts = [answer.result(WAIT_SECONDS).json()["content"][0]["text"] for answer in answers]

    assert texts == ["0", "1"]


def test_a_held_request_that_is_given_up_leaves_the_others_waiting(api: ScriptedApi) -> None:
    with ThreadPoolExecutor() as pool, serve_in_thread(api.app) as kept, api.held():
        with serve_in_thread(api.app) as stopped:
            given_up = pool.submit(httpx.post, f"{stopped}/v1/messages", json=ask("hi"))
            answered = pool.submit(httpx.post, f"{kept}/v1/messages", json=ask("hi"))
            api.wait_for(2)

        assert given_up.result(WAIT_SECONDS).status_code == 500
        assert httpx.get(f"{kept}/v1/models", timeout=WAIT_SECONDS).status_code == 200
        assert not answered.done()


def test_waiting_for_more_requests_than_come_times_out(api: ScriptedApi, http: httpx.Client) -> None:
    http.post("/v1/messages", json=ask("hi"))

    assert len(api.wait_for(1)) == 1
    with pytest.raises(TimeoutError, match="1 of 2 requests"):
        api.wait_for(2, timeout_seconds=0.01)


def test_delay_and_pauses_take_their_time(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(Reply(HELLO.content, delay_seconds=0.05, pause_seconds=0.01))

    started = time.monotonic()
    http.post("/v1/messages", json=ask("hi", stream=True))

    assert time.monotonic() - started >= 0.05 + 6 * 0.01  # seven events


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/v1/messages", 404), ("POST", "/v1/models", 404)],
)
def test_what_is_not_there_is_a_404_in_the_envelope(
    http: httpx.Client, method: str, path: str, status: int
) -> None:
    response = http.request(method, path)

    assert response.status_code == status
    assert response.json()["error"] == {"type": "not_found_error", "message": f"Not found: {method} {path}"}


def test_head_is_answered_without_a_body(http: httpx.Client) -> None:
    assert http.head("/api/hello").status_code == 404
    assert http.head("/v1/models").status_code == 200
    assert http.head("/").content == b""


@pytest.mark.parametrize("content", [b"{oops", b"[]", b"{}", b'{"messages": []}'])
def test_a_body_without_messages_is_a_400(api: ScriptedApi, http: httpx.Client, content: bytes) -> None:
    for path in ("/v1/messages", "/v1/messages/count_tokens"):
        response = http.post(path, content=content)

        assert response.status_code == 400
        assert response.json()["error"]["type"] == "invalid_request_error"
    assert api.exchanges == []


def test_the_sdk_streams_a_thought_a_text_and_calls(api: ScriptedApi, sdk: anthropic.Anthropic) -> None:
    text = 'THINK twice\nSAY Reading.\nCALL read {"path": "a"}\nCALL read {"path": "ö"}'

    with sdk.messages.stream(
        model="claude-opus-4-6", max_tokens=99, messages=[{"role": "user", "content": text}]
    ) as stream:
        answer = stream.get_final_message()

    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block.input for block in answer.content if block.type == "tool_use"] == [
        {"path": "a"},
        {"path": "ö"},
    ]
    assert answer.stop_reason == "tool_use"
    assert answer.usage.input_tokens > 0


def test_the_sdk_reads_models_tokens_and_errors(api: ScriptedApi, sdk: anthropic.Anthropic) -> None:
    api.reply(Failure(529, "overloaded_error", "Overloaded", request_id="req_1"))

    with pytest.raises(anthropic.APIStatusError) as raised:
        sdk.messages.create(**ask("hi"))

    assert (raised.value.status_code, raised.value.request_id) == (529, "req_1")
    assert next(iter(sdk.models.list())).id == "claude-opus-4-6"
    counted = sdk.messages.count_tokens(model="m", messages=[{"role": "user", "content": "hi"}])
    assert counted.input_tokens > 0


def test_the_sdk_keeps_batches_and_files(api: ScriptedApi, sdk: anthropic.Anthropic) -> None:
    batch = sdk.messages.batches.create(
        requests=[{"custom_id": name, "params": ask(f"SAY {name}")} for name in ("a", "b")]  # type: ignore[typeddict-item]
    )
    file = sdk.beta.files.upload(file=("notes.txt", b"--x\r\n\r\ny"))

    assert [line.custom_id for line in sdk.messages.batches.results(batch.id)] == ["a", "b"]
    assert sdk.beta.files.download(file.id).read() == b"--x\r\n\r\ny"
    assert [asked.method for asked in api.stored.asked] == ["POST", "POST", "GET", "GET", "GET"]


def test_leaving_cuts_open_streams_and_ends_the_lifespan() -> None:
    ended = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        ended.append(True)

    api = ScriptedApi()
    app = Starlette(lifespan=lifespan)
    app.mount("/", api.app)
    api.reply(Reply(HELLO.content, pause_seconds=3600))

    with httpx.Client(timeout=WAIT_SECONDS) as client:
        with serve_in_thread(app) as url:
            request = client.build_request("POST", f"{url}/v1/messages", json=ask("hi", stream=True))
            response = client.send(request, stream=True)

        with pytest.raises(httpx.RemoteProtocolError):
            response.read()
    assert ended == [True]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, timeout=WAIT_SECONDS)


def test_a_lifespan_that_fails_is_an_error_of_the_caller() -> None:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    with pytest.raises(RuntimeError, match="lifespan"), serve_in_thread(Starlette(lifespan=lifespan)):
        pass


def test_a_port_that_is_asked_for_is_taken() -> None:
    with serve_in_thread(ScriptedApi().app) as url:
        port = int(url.rsplit(":", 1)[1])

    with serve_in_thread(ScriptedApi().app, port=port) as again:
        assert again == url
        assert httpx.head(again, timeout=WAIT_SECONDS).status_code == 404
