"""Stable prefix: what two requests of one conversation share, the API sees as the same bytes.

That is what its prompt cache goes by, the CLI's additions included (invariant 7).
"""

from itertools import pairwise

import httpx
import pytest

from tests.support.fidelity import Json, added, image, prefix_of, result, text, user
from tests.support.profiles import by_day
from tests.support.proxy import Client, calls_of
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation with the shared proxy."""
    return Client(http)


def assert_shared(earlier: Json, later: Json, messages: int) -> None:
    """The first ``messages`` of both, and all that stands before them, are the same."""
    assert earlier["system"] == later["system"]
    assert earlier["tools"] == later["tools"]
    assert prefix_of(earlier, messages) == prefix_of(later, messages)


def test_an_undo_shares_what_was_before(api: ScriptedApi, client: Client) -> None:
    for said in ("one", "two", "three"):
        client.say(user(said))
    client.ask([*client.messages[:4], user("another three")])

    assert client.ways[-1] == "start"
    assert_shared(api.exchanges[-2].body, api.last, 4)


def test_a_branch_shares_its_trunk(api: ScriptedApi, client: Client) -> None:
    (first,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    client.say(user(result(first, "one")))
    trunk = list(client.messages)
    client.ask([*trunk, user("left")])
    client.ask([*trunk, user("right")])

    assert client.ways == ["start", "answer", "resume", "start"]
    assert_shared(api.exchanges[-2].body, api.last, 4)


def test_a_client_that_starts_again_at_each_step_keeps_its_prefix(api: ScriptedApi, client: Client) -> None:
    """It adds a note to its newest message and takes it out of the next request."""
    messages: list[Json] = [user('CALL read {"path": "a"}', "(note)")]
    for step in range(4):
        reply = client.ask(messages)
        messages[-1] = {"role": "user", "content": messages[-1]["content"][:-1]}
        messages += [
            {"role": "assistant", "content": reply["content"]},
            user(*(result(i, f"r{step}") for i in calls_of(reply)), 'CALL read {"path": "b"}', "(note)"),
        ]

    bodies = [exchange.body for exchange in api.exchanges]
    assert client.ways == ["start"] * 4
    for earlier, later in pairwise(bodies):
        shared = len(earlier["messages"]) - 1
        assert_shared(earlier, later, shared)
        assert added(earlier) == added(later)


def test_ways_do_not_show_in_the_bytes(api: ScriptedApi, client: Client) -> None:
    first, second = calls_of(client.say(user('CALL read {"path": "a"}\nCALL Bash {"path": "b"}')))
    client.say(user(result(second, "bad", is_error=True), result(first, [text("one"), text("two")])))
    api.reply(Reply(({"type": "thinking", "thinking": "hm", "signature": "c2ln"}, text("thought"))))
    client.say(user("three"))
    client.say(user("four"))
    client.say(user("see", image()))
    client.say(user("five"))

    assert client.ways == ["start", "answer", "resume", "resume", "start", "resume"]
    bodies = [exchange.body for exchange in api.exchanges]
    for earlier, later in pairwise(bodies):
        assert_shared(earlier, later, len(earlier["messages"]))


@pytest.mark.parametrize(
    "model", by_day(["claude-opus-5-5"], ["claude-sonnet-4-5", "claude-opus-5-5", "claude-new-9"])
)
def test_a_retry_is_the_same_request(api: ScriptedApi, client: Client, model: str) -> None:
    (call,) = calls_of(client.say(user('CALL read {"path": "a"}'), model=model))
    messages = [*client.messages, user(result(call, "r"))]
    for _ in range(3):
        client.ask(messages, model=model)

    assert client.ways == ["start", "answer", "start", "start"]
    assert_shared(api.exchanges[1].body, api.exchanges[2].body, 99)
    assert_shared(api.exchanges[2].body, api.exchanges[3].body, 99)
