"""The three ways: when each is taken, and that the model sees the same conversation on all of them."""

import httpx
import pytest

from tests.support.fidelity import document, image, result, seen, sent, text, user
from tests.support.proxy import Client, calls_of
from towpath.testing import Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.each_access]

TWO_CALLS = 'CALL read {"path": "a"}\nCALL Bash {"path": "b"}'


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation with the shared proxy."""
    return Client(http)


def assert_saw_exactly(api: ScriptedApi, client: Client) -> None:
    """The newest model call was the only one for the newest request, and had the client's conversation."""
    assert len(api.exchanges) == len(client.ways)
    assert seen(api.last) == sent(client.messages[:-1])


def test_a_conversation_goes_on_in_its_process(api: ScriptedApi, client: Client) -> None:
    client.say(user("hello"))
    client.say(user("and", "now"))
    assert_saw_exactly(api, client)
    client.say(user("text with a", document()))

    assert client.ways == ["start", "resume", "resume"]
    assert_saw_exactly(api, client)


def test_results_go_into_the_parked_turn(api: ScriptedApi, client: Client) -> None:
    first, second = calls_of(client.say(user(TWO_CALLS)))
    client.say(user(result(first, "one"), result(second, [text("two"), text("three")])))
    assert_saw_exactly(api, client)
    client.say(user("thanks"))

    assert client.ways == ["start", "answer", "resume"]
    assert_saw_exactly(api, client)


def test_results_arrive_in_the_order_of_the_client(api: ScriptedApi, client: Client) -> None:
    ids = calls_of(client.say(user("\n".join(f'CALL read {{"path": "{n}"}}' for n in range(6)))))
    sizes = [1, 200_000, 10_000, 1, 400_000, 1]  # an error, or a short result, overtakes a long one
    blocks = [
        result(i, "x" * size, is_error=n in (2, 3))
        for n, (i, size) in enumerate(zip(ids, sizes, strict=True))
    ]
    client.say(user(*reversed(blocks)))

    assert client.ways == ["start", "answer"]
    assert_saw_exactly(api, client)


def test_more_calls_than_the_cli_makes_at_once_by_default_are_all_parked(
    api: ScriptedApi, client: Client
) -> None:
    ids = calls_of(client.say(user("\n".join(f'CALL read {{"path": "{n}"}}' for n in range(25)))))
    client.say(user(*(result(i, f"r{n}") for n, i in enumerate(ids))))

    assert client.ways == ["start", "answer"]
    assert_saw_exactly(api, client)


def test_text_after_results_follows_them_in_the_same_message(api: ScriptedApi, client: Client) -> None:
    first, second = calls_of(client.say(user(TWO_CALLS)))
    client.say(user(result(first, "bad", is_error=True), result(second, "two"), "go", "on"))
    assert_saw_exactly(api, client)
    client.say(user("thanks"))

    assert client.ways == ["start", "answer", "resume"]
    assert_saw_exactly(api, client)


NEEDS_A_PROCESS: list[tuple[object, str]] = [
    ([text("see"), image()], "a tool result with anything but text needs a new process"),
    ([document()], "a tool result with anything but text needs a new process"),
    ([{**text("r"), "unknown": 1}], "a text with further fields in a tool result needs a new process"),
    ([], "an empty tool result needs a new process"),
    ("x" * 500_001, "a tool result over 500,000 characters needs a new process"),
]


def test_what_a_parked_call_cannot_return_exactly_starts_a_process(api: ScriptedApi, client: Client) -> None:
    for content, reason in NEEDS_A_PROCESS:
        (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
        client.say(user(result(call, content)))

        assert client.ways[-1] == "start", reason
        assert client.reasons[-1] == reason
        assert_saw_exactly(api, client)


def test_an_error_that_the_cli_would_change_starts_a_process(api: ScriptedApi, client: Client) -> None:
    for content in ([text("a"), text("b")], "x" * 10_001, "\U0001f600" * 5_001):
        (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
        client.say(user(result(call, content, is_error=True)))

        assert client.ways[-1] == "start", content
        assert_saw_exactly(api, client)


def test_text_after_errors_alone_starts_a_process(api: ScriptedApi, client: Client) -> None:
    (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    client.say(user(result(call, "bad", is_error=True), "go on"))

    assert client.ways == ["start", "start"]
    assert_saw_exactly(api, client)


def test_an_image_starts_a_process(api: ScriptedApi, client: Client) -> None:
    client.say(user("hello"))
    client.say(user("see", image()))
    assert_saw_exactly(api, client)
    client.say(user("thanks"))

    assert client.ways == ["start", "start", "resume"]
    assert_saw_exactly(api, client)


def test_undo_edit_and_branch_are_starts_and_the_original_goes_on(api: ScriptedApi, client: Client) -> None:
    client.say(user("one"))
    client.say(user("two"))
    original = list(client.messages)

    client.messages = [*original[:2], user("another two")]
    client.ask(client.messages)
    assert seen(api.last) == sent(client.messages)
    client.messages = [*original, user("three")]
    client.ask(client.messages)
    assert seen(api.last) == sent(client.messages)

    assert client.ways == ["start", "resume", "start", "resume"]
    assert len(api.exchanges) == 4


def test_an_identical_retry_is_answered_once_more(api: ScriptedApi, client: Client) -> None:
    client.ask([user("hello")])
    client.ask([user("hello")])

    assert client.ways == ["start", "start"]
    assert [seen(e.body) for e in api.exchanges] == [sent([user("hello")])] * 2


def test_conversations_with_the_same_beginning_stay_apart(api: ScriptedApi, http: httpx.Client) -> None:
    one, other = Client(http), Client(http)
    other.fields = one.fields
    one.say(user("hello"))
    other.say(user("hello"))
    one.say(user("SAY I am one"))
    other.say(user("SAY I am other"))
    assert seen(api.last) == sent(other.messages[:-1])
    one.say(user("who"))

    assert seen(api.last) == sent(one.messages[:-1])
    assert len(api.exchanges) == 5


def test_what_clients_rewrite_does_not_end_a_session(api: ScriptedApi, client: Client) -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    api.reply(Reply((thinking, text("one  \n"))))
    client.say(user("hello"))
    mark = {"cache_control": {"type": "ephemeral"}}
    client.messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": [{**text("one"), **mark}]},
    ]
    client.say(user("two"))

    assert client.ways == ["start", "resume"]


def test_a_changed_system_prompt_is_another_launch(api: ScriptedApi, client: Client) -> None:
    client.say(user("one"))
    client.say(user("two"), system="You are another.")

    assert client.ways == ["start", "start"]
    assert api.last["system"][-1]["text"] == "You are another."


def test_a_transient_text_is_neither_sent_nor_compared(api: ScriptedApi, client: Client) -> None:
    note = "[internal] Continue from the previous assistant state."
    (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    response = client.post([*client.messages, user(result(call, "r"), note)])
    client.messages += [user(result(call, "r")), {"role": "assistant", "content": response.json()["content"]}]
    client.say(user("next"))

    assert response.headers["x-towpath-way"] == "answer"
    assert response.headers["x-towpath-transient-texts"] == "1"
    assert client.ways == ["start", "resume"]
    assert seen(api.last) == sent(client.messages[:-1])


def test_a_call_of_a_tool_that_does_not_exist_goes_to_the_client(api: ScriptedApi, client: Client) -> None:
    reply = client.say(user('CALL unknown {"path": "a"}'))
    client.say(user(result(calls_of(reply)[0], "there is no such tool", is_error=True)))

    assert reply["stop_reason"] == "tool_use"
    assert client.ways == ["start", "start"]
    assert len(api.exchanges) == 2
