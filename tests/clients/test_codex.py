"""Codex works through the proxy: its own tools, an MCP server's, and what it changes in mid-conversation."""

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.npm import OFFLINE, TIMEOUT_SECONDS, VERSIONS
from tests.clients.opencode import Workspace
from tests.clients.program import Done, run
from tests.clients.recorder import RecordedProxy, Recorder
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="Codex",
    version=VERSIONS["@openai/codex"],
    lines="""\
model = "claude-sonnet-4-5"
model_provider = "towpath"

[model_providers.towpath]
name = "towpath"
base_url = "http://127.0.0.1:3456/v1"
wire_api = "responses"
""",
    language="toml",
)
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
PATCH = "*** Begin Patch\n*** Update File: note.txt\n@@\n-old\n+new\n*** End Patch\n"
# An MCP server with one tool. Sums are of its own wording, which no model would guess.
SERVER = """
import json, sys
NUMBERS = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}}
for line in sys.stdin:
    asked = json.loads(line)
    given = asked.get("params") or {}
    if asked["method"] == "initialize":
        server = {"name": "tiny", "version": "1"}
        version = given["protocolVersion"]
        result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": server}
    elif asked["method"] == "tools/list":
        result = {"tools": [{"name": "add", "description": "Adds.", "inputSchema": NUMBERS}]}
    elif asked["method"] == "tools/call":
        total = given["arguments"]["a"] + given["arguments"]["b"]
        result = {"content": [{"type": "text", "text": f"comes to {total}"}]}
    else:
        result = {}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
FREE, READS = "--dangerously-bypass-approvals-and-sandbox", "--sandbox=read-only"
Codex = Callable[..., "Done[str]"]


@pytest.fixture
def codex(node_modules: Path, place: Workspace, proxy: RecordedProxy, recorder: Recorder) -> Codex:
    """``codex exec`` with these words: the model's provider and an MCP server are all that is set."""
    server = place.home / "server.py"
    server.write_text(SERVER)
    config = place.home / ".codex" / "config.toml"
    config.parent.mkdir(parents=True)
    tiny = f"[mcp_servers.tiny]\ncommand = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(server))}]\n"
    config.write_text(CLIENT.lines.replace("http://127.0.0.1:3456", proxy.url) + tiny)
    command = (node_modules / "@openai" / "codex" / "bin" / "codex.js", "exec", "--skip-git-repo-check")

    def ask(*words: str) -> "Done[str]":
        return run((*command, *words), place.folder, {"HOME": str(place.home), **OFFLINE})

    return ask


def call(name: str, **given: object) -> str:
    """The words after which the scripted model calls that tool."""
    return f"CALL {name} {json.dumps(given)}"


@pytest.mark.shows("text turn", "resumed session", "a rule of the developer's in mid-conversation")
def test_a_session_goes_on_after_a_change_of_the_sandbox(
    codex: Codex, api: ScriptedApi, recorder: Recorder
) -> None:
    said = [codex(FREE, "SAY one"), codex(READS, "resume", "--last", "SAY two")]
    said.append(codex(READS, "resume", "--last", "SAY three"))
    items = recorder.exchanges[-1].body["input"]
    roles = [item["role"] for item in items if item["type"] == "message"]

    assert [done.stdout.strip() for done in said] == ["one", "two", "three"]
    assert roles.index("developer", roles.index("assistant")) < len(roles) - 1
    assert [exchange.status for exchange in recorder.exchanges] == [200] * 3


@pytest.mark.shows("tool round trip", "tools of an MCP server", "parallel tools")
def test_a_command_and_a_tool_of_an_mcp_server_at_once(codex: Codex, recorder: Recorder) -> None:
    command = call("exec_command", cmd="echo six times 7 is $((6*7))")
    done = codex(FREE, f"{command}\n{call('mcp__tiny__add', a=20, b=3)}")
    calls = [item for item in recorder.exchanges[-1].body["input"] if item["type"] == "function_call"]

    assert "six times 7 is 42" in done.stdout
    assert "comes to 23" in done.stdout
    assert [(item.get("namespace"), item["name"]) for item in calls] == [
        (None, "exec_command"),
        ("mcp__tiny", "add"),
    ]
    assert recorder.ways == ["start", "answer"]


@pytest.mark.shows("image")
def test_the_model_sees_an_image(codex: Codex, place: Workspace, api: ScriptedApi) -> None:
    (place.folder / "dot.png").write_bytes(base64.b64decode(DOT))
    done = codex(FREE, "--image", "dot.png", "--", "SAY grey")
    shown = [block for block in api.last["messages"][-1]["content"] if block["type"] == "image"]

    assert done.stdout.strip() == "grey"
    assert [image["source"]["media_type"] for image in shown] == ["image/png"]


# Codex offers its own tool for patches, a custom one, to models that it knows.
@pytest.mark.shows("apply_patch")
@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        pytest.param("gpt-5.5", call("apply_patch", input=PATCH), id="as a custom tool"),
        pytest.param(
            "claude-sonnet-4-5",
            call("exec_command", cmd=f"apply_patch <<'END'\n{PATCH}END\n"),
            id="as a command",
        ),
    ],
)
def test_a_patch_changes_a_file(codex: Codex, place: Workspace, model: str, prompt: str) -> None:
    note = place.folder / "note.txt"
    note.write_text("old\n")
    codex(FREE, "-m", model, prompt)

    assert note.read_text() == "new\n"


@pytest.mark.shows("compaction")
def test_a_session_goes_on_after_its_compaction(codex: Codex, api: ScriptedApi, recorder: Recorder) -> None:
    codex(FREE, "REPEAT 3000 boat ")
    recorder.clear()
    compact = ("-c", "model_auto_compact_token_limit=12000")
    done = [codex(FREE, *compact, "resume", "--last", "SAY after")]
    done.append(codex(FREE, "resume", "--last", "SAY later"))
    sizes = [len(json.dumps(exchange.body["input"])) for exchange in recorder.exchanges]

    assert [each.returncode for each in done] == [0, 0]
    assert {exchange.status for exchange in recorder.exchanges} == {200}
    assert sizes[1] < sizes[0]  # the first asked for the summary that the second has


@pytest.mark.shows("error")
def test_the_words_of_an_error_reach_the_user(codex: Codex, api: ScriptedApi) -> None:
    api.reply(Failure(400, "invalid_request_error", "the boat is full"))
    done = codex(FREE, "SAY hello")

    assert done.returncode != 0
    assert "the boat is full" in done.stderr
