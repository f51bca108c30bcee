"""Claude Code itself as the client: ``claude -p`` with the proxy as its API.

It is the CLI that the SDK brings, with a home of its own. So the same program stands on both sides, and
what the one at the front says of itself must not be taken for what the one at the back says.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest

from tests.clients.listed import Client
from tests.clients.npm import OFFLINE
from tests.clients.program import Done, run
from tests.clients.recorder import Exchange, RecordedProxy, Recorder
from tests.support.fidelity import Json, beyond, call, result, sent
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import BUNDLED_VERSION, cli_path
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

CLIENT = Client(
    name="Claude Code",
    version=BUNDLED_VERSION,
    lines="ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_AUTH_TOKEN=dummy claude",
)
OLDER, NEWER = "claude-sonnet-4-5", "claude-opus-5-5"  # the newer one gets system messages inside `messages`
CALL = 'CALL Bash {"command": "echo six times seven is $((6*7))"}'
# What the CLI at the back adds of its own, in either form (docs/engine.md, N5).
ADDITION = re.compile(r"(<system-reminder>\n)?(# Environment|You are powered by the model|Today's date is)")
ClaudeCode = Callable[..., Done[str]]


@pytest.fixture
def claude_code(proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder, tmp_path: Path) -> ClaudeCode:
    """``claude -p``, with a home and a folder that stay for a test."""
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    environment = {
        **OFFLINE,
        "HOME": str(home),
        **CLIENT.variables(proxy.url),
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "IS_SANDBOX": "1",  # else root may not skip permissions
    }

    def ask(prompt: str, *arguments: str, model: str) -> Done[str]:
        options = ("--model", model, "--dangerously-skip-permissions", *arguments)
        return run((cli_path(), "-p", prompt, *options), folder, environment)

    return ask


@pytest.mark.shows("tool round trip", "text turn", "resumed session")
def test_tools_and_turns_reach_the_model_as_it_sent_them(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    called = claude_code(CALL, model=OLDER)
    said = claude_code("SAY The gate is open.", "--continue", model=OLDER)

    assert called.stdout.startswith("Results: six times seven is 42"), called.stderr
    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    assert recorder.ways == ["start", "answer", "resume"]
    assert_carried(recorder.exchanges, api)
    assert not any(message["role"] == "system" for message in recorder.exchanges[-1].body["messages"])


@pytest.mark.shows("system messages inside the conversation")
def test_with_the_newest_models_system_messages_arrive_at_their_places(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    called = claude_code(CALL, model=NEWER)
    said = claude_code("SAY The gate is open.", "--continue", model=NEWER)

    assert called.stdout.startswith("Results: six times seven is 42"), called.stderr
    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    # It first tries a system message with parameters of its own; they cannot be carried, so it goes without.
    assert recorder.ways == [None, "start", "answer", None, "resume"]
    answered = [exchange for exchange in recorder.exchanges if exchange.way]
    assert_carried(answered, api)
    assert [message["role"] for message in api.last["messages"][:3]] == ["user", "system", "assistant"]


ADDER = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("t")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


server.run()
"""


def test_a_tool_that_its_search_has_found_is_called(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    servers = {"mcpServers": {"t": {"command": sys.executable, "args": ["-c", ADDER]}}}
    searching = {"env": {"ENABLE_TOOL_SEARCH": "true"}}
    api.reply(
        Reply((call("t1", "ToolSearch", query="select:mcp__t__add"),)),
        Reply((call("t2", "mcp__t__add", a=40, b=2),)),
    )
    options = (
        "--strict-mcp-config",
        "--mcp-config",
        json.dumps(servers),
        "--settings",
        json.dumps(searching),
    )
    added = claude_code("add", *options, model=OLDER)

    assert added.stdout.startswith('Results: {"result":42}'), added.stderr
    found: Json = {"type": "tool_reference", "tool_name": "mcp__t__add"}
    asked = recorder.exchanges[1].body
    assert asked["messages"][-1]["content"][0] == result("t1", [found])
    assert [tool.pop("defer_loading") for tool in asked["tools"] if tool["name"] == "mcp__t__add"] == [True]
    body = api.exchanges[1].body
    assert sent(body["messages"])[-1]["content"][0] == result("t1", [])
    assert body["tools"] == asked["tools"]


def assert_carried(answered: Sequence[Exchange], api: ScriptedApi) -> None:
    """Each exchange was one model call, with all that Claude Code sent but for its accounting line."""
    for exchange, recorded in zip(answered, api.exchanges, strict=True):
        others = beyond(exchange.body["messages"], recorded.body)
        assert all(ADDITION.match(text) for text in others), others
        for field in ("model", "tools", "max_tokens", "thinking", "metadata", "output_config"):
            assert recorded.body.get(field) == exchange.body.get(field), field
        accounting, *own = (block["text"] for block in exchange.body["system"])
        assert accounting.startswith("x-anthropic-billing-header:")
        assert accounting not in str(recorded.body)
        assert recorded.body["system"][-1]["text"] == "\n\n".join(own)


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(*[Failure(403, "permission_error", "the lock is closed to you")] * 2)
    done = claude_code("hello", model=OLDER)

    assert done.returncode == 1
    assert "the lock is closed to you" in done.stdout
    assert {exchange.status for exchange in recorder.exchanges} == {403}


@pytest.mark.parametrize("path", ["/", "/api/hello"])
def test_the_look_that_it_takes_at_its_start_is_answered(proxy: RecordedProxy, path: str) -> None:
    assert httpx.head(f"{proxy.url}{path}", timeout=WAIT_SECONDS).status_code in (200, 404)
