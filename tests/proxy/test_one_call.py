"""One request is one model call: what the CLI would ask on its own never gets far."""

from dataclasses import replace

import httpx
import pytest

from tests.support.fidelity import Json, call, request, result, seen, sent, text, user
from tests.support.proxy import Client, calls_of
from tests.support.silent import FOUND, SEARCH, SILENT
from tests.support.streams import stream
from towpath.testing import Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.each_access]

# Between what ends the CLI and the end of the stream, after which it would ask again: so no test depends on
# how fast the machine is (docs/engine.md, E1).
PAUSE_SECONDS = 0.15


def something_later(http: httpx.Client) -> None:
    """Another conversation from its start: half a second, in which the CLI would have asked long ago."""
    Client(http).say(user("something else"))


def test_an_answer_that_shows_nothing_arrives_as_it_came(api: ScriptedApi, http: httpx.Client) -> None:
    for shape, reply in SILENT.items():
        api.reply(replace(reply, pause_seconds=PAUSE_SECONDS))
        got = Client(http).ask([user("hello")])

        assert got["content"] == list(reply.content), shape
        assert got["stop_reason"] == (reply.stop_reason or "end_turn"), shape
    something_later(http)
    assert len(api.exchanges) == len(SILENT) + 1


def test_after_results_as_well_and_the_conversation_goes_on(api: ScriptedApi, http: httpx.Client) -> None:
    client = Client(http)
    (asked,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    api.reply(replace(SILENT["a call that is missing"], pause_seconds=PAUSE_SECONDS))
    client.say(user(result(asked, "one")))
    client.say(user("go on"))

    assert client.ways == ["start", "answer", "start"]
    assert len(api.exchanges) == 3
    assert seen(api.last) == sent(client.messages[:-1])


UNUSABLE: dict[str, tuple[Json, ...]] = {
    "empty": (call(""),),
    "null": ({**call(""), "id": None},),
    "a number": ({**call(""), "id": 5},),
    "used twice": (call("toolu_1"), call("toolu_1", path="b")),
}


def test_a_call_whose_id_cannot_be_used_is_an_error(api: ScriptedApi, http: httpx.Client) -> None:
    for id_is, calls in UNUSABLE.items():
        api.reply(*[Reply((text("I call it now."), *calls), pause_seconds=PAUSE_SECONDS)] * 2)
        whole = http.post("/v1/messages", json=request([user("whole")], metadata={"user_id": id_is}))
        events = stream(http, [user("streamed")], metadata={"user_id": id_is})

        assert whole.status_code == 502, id_is
        error = whole.json()["error"]
        assert error["type"] == "api_error"
        assert "id" in error["message"]
        assert events[0]["type"] == "message_start"
        assert events[-1] == {**events[-1], "type": "error", "error": error}
    something_later(http)
    assert len(api.exchanges) == 2 * len(UNUSABLE) + 1


def test_an_id_of_an_earlier_call_cannot_be_used_again(api: ScriptedApi, http: httpx.Client) -> None:
    """The API would refuse the conversation from then on, and so does the proxy."""
    client = Client(http)
    api.reply(Reply((call("toolu_1"),)))
    client.say(user("hello"))
    api.reply(*[Reply((call("toolu_1"),), pause_seconds=PAUSE_SECONDS)] * 2)
    live = client.post([*client.messages, user(result("toolu_1", "one"))])
    started = Client(http).post([*client.messages, user(result("toolu_1", "one"))])
    something_later(http)

    assert (live.status_code, started.status_code) == (502, 502)
    assert "toolu_1" in started.json()["error"]["message"]
    assert len(api.exchanges) == 4


def test_an_answer_in_which_the_cli_breaks_off_is_one_call(api: ScriptedApi, http: httpx.Client) -> None:
    """It would ask the model to go on: "Your response above was cut off mid-stream"."""
    strange = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "n", "server_name": "s", "input": {}}
    api.reply(Reply((SEARCH, FOUND, strange, text("and so on")), pause_seconds=PAUSE_SECONDS))
    whole = http.post("/v1/messages", json=request([user("whole")]))
    something_later(http)

    assert whole.status_code == 500
    assert "the answer broke off" in whole.json()["error"]["message"]
    assert len(api.exchanges) == 2
