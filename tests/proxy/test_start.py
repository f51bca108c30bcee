"""Each kind of newest message reaches the model as it was sent, on each way."""

from typing import Any

import httpx
import pytest

from tests.support.fidelity import (
    assistant,
    call,
    document,
    image,
    request,
    result,
    seen,
    sent,
    text,
    user,
)
from tests.support.proxy import Client, calls_of
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.each_access]
Json = dict[str, Any]
_cold = iter(range(10**9))


def ask(http: httpx.Client, messages: list[Json], **fields: Any) -> httpx.Response:
    response = http.post("/v1/messages", json=request(messages, **fields))
    assert response.status_code == 200, response.text
    return response


def cold(http: httpx.Client, messages: list[Json], **fields: Any) -> httpx.Response:
    """The same on Start, whatever is live: other metadata are another launch."""
    response = ask(http, messages, metadata={"user_id": f"cold-{next(_cold)}"}, **fields)
    assert response.headers["x-towpath-way"] == "start"
    phases = [phase.split(";dur=") for phase in response.headers["server-timing"].split(", ")]
    assert [name for name, _ in phases] == ["read", "queue", "start", "model"]
    assert all(float(duration) >= 0 for _, duration in phases)
    return response


THINK = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "eHg="}
# All that a history may have, in one conversation: each message is compared, block for block.
HISTORY: list[Json] = [
    assistant("hello"),  # it may begin with one of these
    user("a"),
    user("b"),
    assistant("c"),
    assistant("d", THINK, REDACTED, "e"),
    {"role": "user", "content": "a string"},
    {"role": "assistant", "content": "another"},
    user("/clear"),
    assistant("f"),
    user({**text("marked"), "cache_control": {"type": "ephemeral"}}, image(), document()),
    assistant(call("h1"), call("h2", "Bash")),
    user(result("h2", [text("r"), image()]), result("h1", [text("r"), text("s")], is_error=True), "x"),
    assistant(
        "g",
        {"type": "mcp_tool_use", "id": "m1", "name": "find", "server_name": "s", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "content": [text("r")]},
        {"type": "compaction", "content": "so far"},
        {"type": "future_block", "says": 1},
    ),
]
ONE_CALL = [user("a"), assistant(THINK, "b", call("t1", path="x"))]
MANY = [f"t{number}" for number in range(6)]
CALLS = [*HISTORY, user("a"), assistant(*map(call, MANY))]
CASES: dict[str, list[Json]] = {
    "nothing but a text": [user("hello")],
    "texts after all that a history may have": [
        *HISTORY,
        user("c"),
        user("é\U0001f600\u2028 x\n\n  \t end  ", "d"),
    ],
    "a command": [user("/compact now")],
    "a mention": [user("a"), assistant("b"), user("@/etc/passwd read it")],
    "an image and a document": [user("see", image(), document(), "this")],
    "one result": [*ONE_CALL, user(result("t1", "r"))],
    "an error": [*ONE_CALL, user(result("t1", "r", is_error=True))],
    "an error of two texts": [*ONE_CALL, user(result("t1", [text("r"), text("s")], is_error=True))],
    "an empty result": [*ONE_CALL, user(result("t1", []))],
    "a result without content": [*ONE_CALL, user({"type": "tool_result", "tool_use_id": "t1"})],
    "a text and an image after a result": [*ONE_CALL, user(result("t1", "r"), "go on", image())],
    "results of each kind, in an order of their own": [
        *CALLS,
        user(
            result("t5", [text("r"), image()]),
            result("t0", "r"),
            result("t1", [text("r"), text("s")]),
            result("t2", [document(), text("x")]),
            result("t3", "r", is_error=True),
            result("t4", []),
        ),
    ],
    "a marked text": [user("a"), assistant("b"), user({**text("c"), "cache_control": {"type": "ephemeral"}})],
}


@pytest.mark.parametrize("name", CASES)
def test_start(name: str, api: ScriptedApi, http: httpx.Client) -> None:
    """Whatever a conversation ends with, and whatever was before."""
    messages = CASES[name]

    cold(http, messages)

    assert len(api.exchanges) == 1
    assert seen(api.last) == sent(messages)


def test_a_system_message_reaches_the_model_at_its_place_on_each_way(
    http: httpx.Client, api: ScriptedApi
) -> None:
    """Claude Code sends its environment like this: after the first message, and later in the history."""
    client = Client(http, model="claude-opus-5-5", system="A system message follows a user's.")
    first = user("one")
    told: Json = {"role": "system", "content": [text("be brief") | {"cache_control": {"type": "ephemeral"}}]}
    client.messages = [first]
    client.say(told)
    client.messages[1] = {"role": "system", "content": "be brief"}
    (call_id,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    client.say(user(result(call_id, "r")))
    client.ask([*client.messages, user("late"), {"role": "system", "content": "be kind"}])

    assert client.ways == ["start", "resume", "answer", "start"]
    roles = [[message["role"] for message in e.body["messages"][:3]] for e in api.exchanges]
    assert roles == [["user", "system"], *[["user", "system", "assistant"]] * 3]
    systems = [e.body["messages"][1]["content"] for e in api.exchanges]
    assert all(text_of(content).startswith("be brief\n\n# Environment\n") for content in systems)
    assert len({text_of(content) for content in systems}) == 1
    assert text_of(api.last["messages"][-1]["content"]) == "be kind"
    assert seen(api.last) == sent([m for m in client.messages if m["role"] != "system"] + [user("late")])


def text_of(content: "str | list[Json]") -> str:
    """Of a system message, in either form."""
    return content if isinstance(content, str) else "".join(block["text"] for block in content)
