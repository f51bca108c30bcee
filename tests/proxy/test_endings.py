"""How replies end: stop reasons, errors before and after the first byte, clients that leave."""

import httpx
import pytest

from tests.support.fidelity import Json, request, result, seen, sent, text, user
from tests.support.profiles import scaled
from tests.support.proxy import Client, calls_of
from tests.support.streams import events, stream
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation with the shared proxy."""
    return Client(http)


@pytest.mark.each_access
@pytest.mark.parametrize(
    "stop_reason",
    ["end_turn", "max_tokens", "stop_sequence", "refusal", "pause_turn", "model_context_window_exceeded"],
)
def test_one_request_is_one_model_call_whatever_ends_it(
    api: ScriptedApi, client: Client, stop_reason: str
) -> None:
    api.reply(Reply((text("partial"),), stop_reason=stop_reason))
    reply = client.say(user("hello"))
    client.say(user("go on"))

    assert reply["stop_reason"] == stop_reason
    assert reply["content"] == [text("partial")]
    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(client.messages[:-1])


@pytest.mark.each_access
def test_a_call_cut_by_max_tokens_is_the_clients_to_judge(api: ScriptedApi, client: Client) -> None:
    call = {"type": "tool_use", "name": "read", "input": {"path": "a"}}
    api.reply(Reply((text("partial"), call), stop_reason="max_tokens"))
    reply = client.say(user("hello"))

    assert [block["type"] for block in reply["content"]] == ["text", "tool_use"]
    assert len(api.exchanges) == 1


TOO_LONG = "prompt is too long: 210000 tokens > 200000 maximum"
FAILURES = [
    (Failure(400, "invalid_request_error", "messages.0: no good"), "messages.0: no good"),
    (Failure(400, "invalid_request_error", TOO_LONG), TOO_LONG),
    (Failure(401, "authentication_error", "invalid x-api-key"), "Invalid API key"),
    (Failure(403, "permission_error", "not for you"), "not for you"),
    (Failure(404, "not_found_error", "model: claude-x"), "claude-sonnet-4-5"),
    (Failure(413, "request_too_large", "Request exceeds the maximum size"), "Request exceeds"),
    (Failure(429, "rate_limit_error", "slow down"), "slow down"),
    (Failure(500, "api_error", "Internal server error"), "Internal server error"),
    (Failure(529, "overloaded_error", "Overloaded"), "Overloaded"),
]
# One that the CLI says in its words, one that it asks again, and two that it hands on.
BY_DAY = [one for one in FAILURES if one[0].status in (401, 404, 529) or TOO_LONG in one]


def test_an_error_of_the_api_arrives_as_itself_and_the_conversation_goes_on(
    api: ScriptedApi, client: Client
) -> None:
    client.say(user("hello"))
    for failure, message in scaled(BY_DAY, FAILURES):
        api.clear()
        api.reply(failure, failure)  # of a 404 the CLI makes sure once, without streaming (engine.md, E3)
        response = client.post([*client.messages, user("more")])

        error = response.json()
        assert response.status_code == failure.status
        assert error["type"] == "error"
        assert error["error"]["type"] == failure.type
        assert message in error["error"]["message"]
        assert error["request_id"] == response.headers["request-id"] == "req_scripted"
        assert len(api.exchanges) == (2 if failure.status == 404 else 1)

        api.clear()
        client.say(user("more"))
        assert client.ways[-1] == "start", failure
        assert seen(api.last) == sent(client.messages[:-1])


def test_a_stream_relays_the_events_of_the_api(api: ScriptedApi, http: httpx.Client) -> None:
    content: tuple[Json, ...] = (
        {"type": "thinking", "thinking": "let me think", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eHg="},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "canals"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "srvtoolu_1",
            "content": [
                {
                    "type": "web_search_result",
                    "url": "https://example.com",
                    "title": "t",
                    "encrypted_content": "RQ==",
                    "page_age": None,
                }
            ],
        },
        {
            "type": "text",
            "text": "found",
            "citations": [
                {
                    "type": "web_search_result_location",
                    "url": "https://example.com",
                    "title": "t",
                    "encrypted_index": "aQ==",
                    "cited_text": "c",
                }
            ],
        },
        {"type": "tool_use", "name": "read", "input": {"path": "é\u2028"}},
    )
    usage = {"cache_read_input_tokens": 11, "cache_creation_input_tokens": 7}
    api.reply(Reply(content, usage=usage, chunk_chars=3))
    got = stream(http, [user("hello")])

    kinds = [event["type"] for event in got]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    blocks = [event["content_block"]["type"] for event in got if event["type"] == "content_block_start"]
    assert blocks == [block["type"] for block in content]
    assert [e["index"] for e in got if e["type"] == "content_block_stop"] == list(range(len(content)))
    assert got[-2]["delta"]["stop_reason"] == "tool_use"
    assert got[0]["message"]["usage"]["cache_read_input_tokens"] == 11
    thought = [e["delta"]["thinking"] for e in got if e.get("delta", {}).get("type") == "thinking_delta"]
    assert "".join(thought) == "let me think"
    assert len(thought) > 1


def test_the_whole_answer_is_the_fold_of_the_stream(api: ScriptedApi, client: Client) -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    api.reply(Reply((thinking, text("one"), {"type": "tool_use", "name": "Bash", "input": {"a": [1, None]}})))
    reply = client.say(user("hello"))

    assert reply["content"][:2] == [thinking, text("one")]
    assert reply["content"][2]["input"] == {"a": [1, None]}
    assert reply["role"] == "assistant"
    assert reply["usage"]["output_tokens"] > 0


@pytest.mark.parametrize(
    "ending",
    [
        Reply((text("some text, then trouble"),), chunk_chars=4, cut_after_events=4, pause_seconds=0.02),
        Reply(
            (text("some text, then trouble"),),
            chunk_chars=4,
            error_after_events=(4, {"type": "overloaded_error", "message": "Overloaded"}),
            pause_seconds=0.02,
        ),
    ],
    ids=["cut", "error event"],
)
def test_a_stream_that_breaks_ends_with_an_error_event(
    api: ScriptedApi, http: httpx.Client, ending: Reply
) -> None:
    api.reply(ending)
    got = stream(http, [user("hello")])

    assert got[0]["type"] == "message_start"
    assert got[-1]["type"] == "error"
    assert got[-1]["error"]["message"]
    assert not any(event["type"] == "message_stop" for event in got)
    assert len(api.exchanges) == 1


@pytest.mark.each_access
def test_a_stream_and_a_whole_answer_share_a_session(
    api: ScriptedApi, client: Client, http: httpx.Client
) -> None:
    (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    with http.stream(
        "POST",
        "/v1/messages",
        json=request([*client.messages, user(result(call, "r"))], stream=True, **client.fields),
    ) as response:
        kinds = [event["type"] for event in events(response)]

    assert response.headers["x-towpath-way"] == "answer"
    assert kinds[-1] == "message_stop"
    assert len(api.exchanges) == 2
