"""Tools that a search has found: a result refers to them, and the model then has them in full.

The CLI carries no such references (docs/engine.md, H15), so the launch has what they stand for.
"""

from typing import Any

import httpx
import pytest

from tests.support.fidelity import TOOLS, Json, assistant, call, request, result, seen, sent, text, user
from tests.support.proxy import Client, calls_of
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

SEARCH: Json = {"name": "ToolSearch", "description": "Finds tools.", "input_schema": {"type": "object"}}
ADD: Json = {"name": "mcp__t__add", "description": "Adds.", "input_schema": {"type": "object"}}
SUBTRACT: Json = {**ADD, "name": "mcp__t__subtract"}
FOUND: Json = {"type": "tool_reference", "tool_name": ADD["name"]}


def deferred(tool: Json) -> Json:
    return {**tool, "defer_loading": True}


DECLARED = [*TOOLS, SEARCH, deferred(ADD), deferred(SUBTRACT)]
LOADED = [*TOOLS, SEARCH, ADD, deferred(SUBTRACT)]


def test_a_tool_that_was_found_is_one_that_the_model_has(http: httpx.Client, api: ScriptedApi) -> None:
    client = Client(http, tools=DECLARED)
    api.reply(Reply((call("t1", "ToolSearch"),)), Reply((call("t2", ADD["name"]),)))
    client.say(user("add one and one"))
    client.say(user(result("t1", [FOUND]), "Tool loaded."))
    client.say(user(result("t2", "two")))
    client.say(user("thanks"))

    assert client.ways == ["start", "start", "answer", "resume"]
    assert [exchange.body["tools"] for exchange in api.exchanges] == [DECLARED, LOADED, LOADED, LOADED]
    without = [*client.messages[:2], user(result("t1", []), "Tool loaded."), *client.messages[3:-1]]
    assert seen(api.last) == sent(without)


@pytest.mark.parametrize(
    ("content", "left"),
    [
        pytest.param([FOUND], [], id="alone"),
        pytest.param(
            [text("found:"), FOUND, text("that is all")], [text("found:"), text("that is all")], id="texts"
        ),
    ],
)
@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-5-5"])
def test_no_other_text_stands_where_a_reference_was(
    content: Any, left: list[Json], model: str, http: httpx.Client, api: ScriptedApi
) -> None:
    conversation = [user("a"), assistant(call("t1", "ToolSearch"))]
    body = request([*conversation, user(result("t1", content))], tools=DECLARED, model=model)
    response = http.post("/v1/messages", json=body)

    assert response.headers["x-towpath-loaded-tools"] == "1"
    assert seen(api.last) == sent([*conversation, user(result("t1", left))])
    assert api.last["tools"] == LOADED


def test_a_tool_that_was_never_deferred_is_found_by_a_new_process(
    http: httpx.Client, api: ScriptedApi
) -> None:
    client = Client(http, tools=[SEARCH, ADD])
    (called,) = calls_of(client.say(user("CALL ToolSearch {}")))
    client.say(user(result(called, [FOUND])))

    assert client.ways == ["start", "start"]
    assert client.reasons[-1] == "a tool result with anything but text needs a new process"
    assert api.last["tools"] == [SEARCH, ADD]
    assert seen(api.last) == sent([*client.messages[:2], user(result(called, []))])
