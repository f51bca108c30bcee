"""Claude Code itself as the client: ``claude -p`` with the proxy as its API.

It is the program that is at the back as well, in versions of its own. So what the one at the front says of
itself must not be taken for what the one at the back says.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.clients.listed import Client
from tests.clients.npm import NIGHTLY, OFFLINE, TIMEOUT_SECONDS, VERSIONS
from tests.clients.program import Done, run
from tests.clients.recorder import Exchange, RecordedProxy, Recorder
from tests.support.fidelity import Json, beyond, call, result, sent
from tests.support.waiting import WAIT_SECONDS
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

NEWEST = "@anthropic-ai/claude-code"
# These behave differently in front of a gateway: they ask for a title, and say no effort in the conversation.
EARLIER = [name for name in NIGHTLY.versions if name.startswith("claude-code-")]
CLIENT = Client(
    name="Claude Code",
    version="{}; {} and {} (nightly)".format(
        VERSIONS["@anthropic-ai/claude-code"], *(name.rpartition("-")[2] for name in EARLIER)
    ),
    lines="ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_AUTH_TOKEN=dummy claude",
    starts="""\
with some models (Opus 4.8, Opus 5 and Haiku 5.5 among them) it ends each step with a system message that says
how many tokens are left, and a live process cannot take one. `CLAUDE_CODE_TOTAL_TOKENS_REMINDER=off`, which
it does not document, keeps it from that; its steps are `answer` and `resume` then, as with other models.""",
)
# The newer one gets system messages inside `messages`; the last one also to the end of each step.
OLDER, NEWER, COUNTING = "claude-sonnet-4-5", "claude-sonnet-5-5", "claude-opus-5"
CALL = 'CALL Bash {"command": "echo six times seven is $((6*7))"}'
# What the CLI at the back adds of its own, in either form (docs/engine.md, N5).
ADDITION = re.compile(r"(<system-reminder>\n)?(# Environment|You are powered by the model|Today's date is)")


@dataclass(frozen=True)
class ClaudeCode:
    """``claude -p`` with a home and a folder that stay for a test."""

    program: Path
    proxy_url: str
    home: Path
    folder: Path

    def __call__(self, prompt: str, *arguments: str, model: str = OLDER, **variables: str) -> Done[str]:
        environment = {
            **OFFLINE,
            "HOME": str(self.home),
            **CLIENT.variables(self.proxy_url),
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "IS_SANDBOX": "1",  # else root may not skip permissions
            **variables,
        }
        options = ("--model", model, "--dangerously-skip-permissions", *arguments)
        return run(("node", self.program, "-p", prompt, *options), self.folder, environment)


@pytest.fixture(params=[NEWEST, *(pytest.param(name, marks=pytest.mark.nightly) for name in EARLIER)])
def claude_code(
    request: pytest.FixtureRequest,
    proxy: RecordedProxy,
    api: ScriptedApi,
    recorder: Recorder,
    tmp_path: Path,
) -> ClaudeCode:
    """Each tested version, with a home and a working folder of its own."""
    modules: Path = request.getfixturevalue("node_modules" if request.param == NEWEST else "nightly_modules")
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    return ClaudeCode(modules / request.param / "cli-wrapper.cjs", proxy.url, home, folder)


def answered(recorder: Recorder) -> list[Exchange]:
    """The exchanges of the conversation; those for its title have no tools."""
    return [exchange for exchange in recorder.exchanges if exchange.way and exchange.body["tools"]]


@pytest.mark.shows("tool round trip", "text turn", "resumed session")
@pytest.mark.later_steps("answer", "resume")
def test_tools_and_turns_reach_the_model_as_it_sent_them(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    called = claude_code(CALL)
    said = claude_code("SAY The gate is open.", "--continue")

    assert called.stdout.startswith("Results: six times seven is 42"), called.stderr
    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    assert [exchange.way for exchange in answered(recorder)] == ["start", "answer", "resume"]
    assert_carried(answered(recorder), api)
    assert not any(message["role"] == "system" for message in recorder.exchanges[-1].body["messages"])


@pytest.mark.shows("parallel tools")
def test_two_tools_at_once_are_answered_by_the_process_that_called_them(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    called = claude_code("\n".join(f'CALL Bash {{"command": "echo lock {n} is $(({n}*7))"}}' for n in (1, 2)))

    assert {"lock 1 is 7", "lock 2 is 14"} <= set(re.findall(r"lock \d is \d+", called.stdout)), called.stderr
    assert [exchange.way for exchange in answered(recorder)] == ["start", "answer"]
    assert_carried(answered(recorder), api)


@pytest.mark.shows("system messages inside the conversation")
def test_with_the_newest_models_system_messages_arrive_at_their_places(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    off = {"CLAUDE_CODE_TOTAL_TOKENS_REMINDER": "off"}
    called = claude_code(CALL, model=NEWER, **off)
    said = claude_code("SAY The gate is open.", "--continue", model=NEWER, **off)

    assert called.stdout.startswith("Results: six times seven is 42"), called.stderr
    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    # It first tries a system message with parameters of its own; they cannot be carried, so it goes without.
    refused = [exchange.body["messages"] for exchange in recorder.exchanges if exchange.status == 400]
    assert all("output_config" in str(messages) for messages in refused)
    assert [exchange.way for exchange in answered(recorder)] == ["start", "answer", "resume"]
    assert_carried(answered(recorder), api)
    assert [message["role"] for message in api.last["messages"][:3]] == ["user", "system", "assistant"]


@pytest.mark.later_steps("start")
def test_a_system_message_after_each_step_needs_a_new_process_for_each(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    called = claude_code(CALL, model=COUNTING)

    assert called.stdout.startswith("Results: six times seven is 42"), called.stderr
    assert "tokens left" in str(answered(recorder)[-1].body["messages"][-1])
    assert_carried(answered(recorder), api)


ADDER = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("t")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


server.run()
"""


@pytest.mark.shows("tool search")
def test_a_tool_that_its_search_has_found_is_called(
    claude_code: ClaudeCode, api: ScriptedApi, recorder: Recorder
) -> None:
    servers = json.dumps({"mcpServers": {"t": {"command": sys.executable, "args": ["-c", ADDER]}}})
    api.reply(
        Reply((call("t1", "ToolSearch", query="select:mcp__t__add"),)),
        Reply((call("t2", "mcp__t__add", a=40, b=2),)),
    )
    options = ("--strict-mcp-config", "--mcp-config", servers)
    added = claude_code("add", *options, ENABLE_TOOL_SEARCH="true")

    assert added.stdout.startswith('Results: {"result":42}'), added.stderr
    found: Json = {"type": "tool_reference", "tool_name": "mcp__t__add"}
    asked = recorder.exchanges[1].body
    assert asked["messages"][-1]["content"][0] == result("t1", [found])
    assert [tool.pop("defer_loading") for tool in asked["tools"] if tool["name"] == "mcp__t__add"] == [True]
    body = api.exchanges[1].body
    assert sent(body["messages"])[-1]["content"][0] == result("t1", [])
    assert body["tools"] == asked["tools"]


@pytest.mark.shows("list of models")
def test_it_finds_the_models_that_are_served(claude_code: ClaudeCode) -> None:
    known = claude_code.home / ".claude" / "cache" / "gateway-models.json"
    for _ in range(3):  # it does not wait for the list, which on a busy machine may come too late
        if not known.exists():
            claude_code("SAY hello", CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY="1")
    listed = httpx.get(f"{claude_code.proxy_url}/v1/models?limit=1000", timeout=WAIT_SECONDS).json()

    found = json.loads(known.read_text())["models"]
    assert {model["id"] for model in found} <= {model["id"] for model in listed["data"]}
    assert any("sonnet" in model["id"] for model in found)


def assert_carried(answered: Sequence[Exchange], api: ScriptedApi) -> None:
    """Each exchange was one model call, with all that Claude Code sent but for its accounting line."""
    calls = [recorded for recorded in api.exchanges if recorded.body.get("tools")]
    for exchange, recorded in zip(answered, calls, strict=True):
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
    done = claude_code("hello")

    assert done.returncode == 1
    assert "the lock is closed to you" in done.stdout
    assert {exchange.status for exchange in recorder.exchanges} == {403}


@pytest.mark.parametrize("path", ["/", "/api/hello"])
def test_the_look_that_it_takes_at_its_start_is_answered(proxy: RecordedProxy, path: str) -> None:
    assert httpx.head(f"{proxy.url}{path}", timeout=WAIT_SECONDS).status_code in (200, 404)
