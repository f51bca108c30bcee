"""Internal mode: the model's tools and agents run in the proxy, and the client sees one message."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.fidelity import Json, call, seen, text, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import Client
from tests.support.streams import stream
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TASK: Json = {
    "name": "task",
    "description": "Starts an agent.\n\nAvailable agent types and the tools they have access to:\n"
    "- general: Does many things.\n- explore: Looks around in the code.",
    "input_schema": {"type": "object"},
}
Internal = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def internal(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internal]:
    """Makes a client of a proxy in internal mode, with a workspace of its own."""
    with ExitStack() as running:

        def make(**changes: Any) -> httpx.Client:
            folders = {
                "state_dir": tmp_path_factory.mktemp("state"),
                "workdir": tmp_path_factory.mktemp("work"),
            }
            own = settings.model_copy(update={"passthrough": False, **folders, **changes})
            return running.enter_context(isolated_proxy(own)).http

        yield make


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tools work."""
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def http(internal: Internal, workspace: Path) -> httpx.Client:
    """A client of a proxy in internal mode, with bash."""
    return internal(workdir=workspace, allow_bash=True, max_turns=4)


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation with that proxy."""
    return Client(http)


def use(name: str, **arguments: Any) -> str:
    """What makes the scripted model call a tool."""
    return f"CALL {name} {json.dumps(arguments)}"


def results(body: Json) -> list[Json]:
    """The tool results in the newest message that the model saw."""
    return [block for block in body["messages"][-1]["content"] if block["type"] == "tool_result"]


def test_each_tool_runs_here_and_the_model_sees_what_it_gave(
    api: ScriptedApi, client: Client, workspace: Path
) -> None:
    (workspace / "notes.txt").write_text("a barge\n")
    (workspace / "edited.txt").write_text("a horse\n")
    uses: list[tuple[str, Json, str]] = [
        ("read", {"file_path": "notes.txt"}, "barge"),
        ("write", {"file_path": "new/deep.txt", "content": "lock"}, "deep.txt"),
        ("edit", {"file_path": "edited.txt", "old_string": "horse", "new_string": "mule"}, "edited.txt"),
        ("bash", {"command": "echo the $((20 + 3))rd; exit 4"}, "the 23rd"),
        ("glob", {"pattern": "**/*.txt"}, "notes.txt"),
        ("grep", {"pattern": "bar.e", "output_mode": "content"}, "notes.txt"),
    ]
    for name, arguments, words in uses:
        api.clear()
        reply = client.say(user(use(name, **arguments)))

        assert words in json.dumps(results(api.last))
        assert not results(api.last)[0].get("is_error")
        assert {block["type"] for block in reply["content"]} == {"text"}
        assert len(api.exchanges) == 2

    assert (workspace / "new/deep.txt").read_text() == "lock"
    assert (workspace / "edited.txt").read_text() == "a mule\n"


def test_the_model_is_offered_these_tools_and_no_other(api: ScriptedApi, internal: Internal) -> None:
    Client(internal()).say(user("hello"))  # brings tools of its own

    assert sorted(tool["name"] for tool in api.last["tools"]) == ["edit", "glob", "grep", "read", "write"]
    assert all("description" in tool and "properties" in tool["input_schema"] for tool in api.last["tools"])


def test_an_image_arrives_as_an_image(api: ScriptedApi, client: Client, workspace: Path) -> None:
    (workspace / "pixel.png").write_bytes(PNG)

    client.say(user(use("read", file_path="pixel.png")))

    content = results(api.last)[0]["content"]
    assert [block["source"]["data"] for block in content if block["type"] == "image"] == [
        base64.b64encode(PNG).decode()
    ]


def test_what_leads_out_is_an_error_that_the_model_sees(
    api: ScriptedApi, client: Client, workspace: Path
) -> None:
    (workspace.parent / "secret").write_text("hidden")
    link = workspace / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(workspace.parent)

    for path in ("../secret", "/etc/passwd", "link/secret"):
        client.say(user(use("read", file_path=path)))

        refused = results(api.last)[0]
        assert refused["is_error"], path
        assert "outside" in json.dumps(refused)
        assert "hidden" not in json.dumps(refused)


THOUGHT: Json = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
TURN = (
    Reply((THOUGHT, text("I look. "), call("t1", "read", file_path="notes.txt")), usage={"input_tokens": 10}),
    Reply((call("t2", "glob", pattern="*"), call("t3", "nothing")), usage={"input_tokens": 20}),
    Reply((THOUGHT, text("Found it."), text(" Done.")), usage={"input_tokens": 30, "output_tokens": 3}),
)


def test_the_client_sees_one_well_formed_message(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(*TURN)
    events = stream(http, [user("look")])

    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert kinds.count("message_start") == kinds.count("message_stop") == kinds.count("message_delta") == 1
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    starts = [event for event in events if event["type"] == "content_block_start"]
    assert [event["index"] for event in starts] == list(range(5))
    assert [event["content_block"]["type"] for event in starts] == [
        "thinking",
        "text",
        "thinking",
        "text",
        "text",
    ]
    assert "t1" not in json.dumps(events)
    assert "mcp" not in json.dumps(events)


def test_streaming_and_not_streaming_are_the_same(api: ScriptedApi, http: httpx.Client) -> None:
    api.reply(*TURN, *TURN)
    whole = Client(http).say(user("look"))
    events = stream(http, [user("look")], metadata={"user_id": "another"})

    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(d.get("text", "") for d in deltas) == "".join(b.get("text", "") for b in whole["content"])
    assert "".join(d.get("thinking", "") for d in deltas) == "hmhm"
    end = next(event for event in events if event["type"] == "message_delta")
    assert end["delta"]["stop_reason"] == whole["stop_reason"] == "end_turn"
    assert end["usage"] == whole["usage"]
    assert whole["usage"]["input_tokens"] == 30


def test_an_agent_called_by_a_similar_name_runs_under_its_definition(
    api: ScriptedApi, client: Client
) -> None:
    inputs = {"subagent_type": "general-purpose", "description": "d", "prompt": "SAY done below"}
    api.reply(Reply((text("I delegate."), call("t1", "Agent", **inputs, isolation="worktree"))))

    reply = client.say(user("go"), tools=[TASK])

    below, above = (exchange.body for exchange in api.exchanges[1:])
    system = "".join(block["text"] for block in below["system"])
    assert 'You are the agent "general". What you are for: Does many things.' in system
    assert "done below" in json.dumps(results(above))
    assert "done below" not in reply["content"][0]["text"]
    assert reply["content"][0] == text("I delegate.")


def test_an_agent_that_nobody_knows_is_an_error_for_the_model(api: ScriptedApi, client: Client) -> None:
    api.reply(Reply((call("t1", "Agent", subagent_type="zzz", description="d", prompt="p"),)))
    client.say(user("go"), tools=[TASK])

    assert len(api.exchanges) == 2
    assert results(api.last)[0]["is_error"]
    assert "zzz" in json.dumps(results(api.last))


def test_a_list_of_agents_in_an_unknown_form_is_none_and_a_line_in_the_log(
    api: ScriptedApi, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.say(user("go"), tools=[{**TASK, "description": "Helpers: general, explore."}])

    assert "Agent" not in [tool["name"] for tool in api.last["tools"]]
    assert "no agents found in the description of a tool" in capsys.readouterr().out


def test_the_files_that_were_written_are_listed_unless_that_is_off(
    api: ScriptedApi, client: Client, internal: Internal
) -> None:
    written = "\n".join(use("write", file_path=name, content="x") for name in ("b.txt", "a.txt"))
    listed = client.say(user(written))
    silent = Client(internal(file_changes=False)).say(user(written))

    assert listed["content"][-1]["text"].splitlines()[2:] == ["Files changed:", "- b.txt", "- a.txt"]
    assert "Files changed" not in json.dumps(silent)
    again = client.say(user("SAY nothing was written"))
    assert again["content"] == [text("nothing was written")]


def test_what_runs_is_shown_where_that_is_wanted(api: ScriptedApi, internal: Internal) -> None:
    reply = Client(internal(show_tools=True)).say(user(use("glob", pattern="*.md")))

    assert reply["content"][1] == text("[glob *.md]\n")


def test_a_turn_that_takes_too_many_calls_ends_with_a_sentence(api: ScriptedApi, client: Client) -> None:
    api.reply(*[Reply((call(f"t{number}", "glob", pattern="*"),)) for number in range(9)])
    reply = client.say(user("go"))
    asked = len(api.exchanges)
    api.clear()
    client.say(user("SAY on we go"))

    assert asked == 4
    assert reply["stop_reason"] == "end_turn"
    assert reply["content"] == [text("Stopped after 4 model calls, the limit for one turn.")]
    assert client.ways == ["start", "start"]


def test_a_turn_ends_with_an_answer_that_shows_nothing(api: ScriptedApi, client: Client) -> None:
    """The CLI would ask the model for something visible, in words of its own."""
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    shows_nothing = Reply((thought,), pause_seconds=0.15)  # time to end the CLI before it asks again
    api.reply(Reply((text("I look."), call("t1", "glob", pattern="*"))), shows_nothing)
    reply = client.say(user("go"))
    client.another_launch()
    client.say(user("SAY on we go"))

    assert reply["content"] == [text("I look."), thought]
    assert reply["stop_reason"] == "end_turn"
    assert len(api.exchanges) == 3


def test_a_call_with_the_id_of_another_ends_the_turn(api: ScriptedApi, client: Client) -> None:
    """The CLI would give the model "[Tool use interrupted]" for its call, and ask again."""
    api.reply(*[Reply((call("t1", "glob", pattern="*"),), pause_seconds=0.15)] * 3)
    response = client.post([user("go")])

    assert response.status_code == 502
    assert "'t1'" in response.json()["error"]["message"]
    assert len(api.exchanges) == 2


def test_the_session_goes_on_with_what_its_tools_gave_and_a_new_one_without(
    api: ScriptedApi, client: Client, workspace: Path
) -> None:
    (workspace / "notes.txt").write_text("a barge\n")
    client.say(user(use("read", file_path="notes.txt")))
    client.say(user("and then?"))
    resumed = seen(api.last)
    client.another_launch()
    client.say(user("once more"))

    assert client.ways == ["start", "resume", "start"]
    assert "tool_result" in json.dumps(resumed)
    assert "tool_result" not in json.dumps(api.last["messages"])
    assert [message["role"] for message in seen(api.last)] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]


def test_a_cut_in_a_later_call_ends_the_message(api: ScriptedApi, client: Client) -> None:
    api.reply(TURN[0], Reply((text("and th"),), stop_reason="max_tokens"))
    reply = client.say(user("look"))

    assert reply["stop_reason"] == "max_tokens"
    assert reply["content"][-1] == text("and th")
    assert len(api.exchanges) == 2


def test_errors_are_errors_before_the_first_byte_and_after_it(api: ScriptedApi, http: httpx.Client) -> None:
    overloaded = Failure(529, "overloaded_error", "Overloaded")
    api.reply(overloaded)
    early = Client(http).post([user("a")])
    api.reply(TURN[0], overloaded)
    late = stream(http, [user("b")])

    assert early.status_code == 529
    assert late[-1]["type"] == "error"
    assert late[-1]["error"]["type"] == "overloaded_error"


def test_a_client_that_leaves_ends_the_commands_that_run_for_it(http: httpx.Client, workspace: Path) -> None:
    mark = workspace / "started"
    command = f"(setsid sleep 61.25 &); sleep 61.25 & touch {mark}; wait"
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "stream": True}
    messages = [user(use("bash", command=command))]
    with http.stream("POST", "/v1/messages", json={**body, "messages": messages}):
        wait_until(mark.exists)

    wait_until(lambda: not any("61.25" in process.info["cmdline"] for process in _with_command_lines()))
    # Until then its CLI may ask the model once more, and take the reply that the next test has queued.
    wait_until(lambda: http.get("/health").json()["sessions"]["running"] == 0)


def _with_command_lines() -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"]]


def test_a_command_does_not_see_keys(
    api: ScriptedApi, internal: Internal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setenv("CLAUDE_PROXY_API_KEY", "also-secret")
    Client(internal(allow_bash=True)).say(user(use("bash", command="env")))

    assert "PATH=" in json.dumps(results(api.last))
    assert "secret" not in json.dumps(results(api.last))


def test_a_request_asks_for_internal_mode_where_that_is_allowed(api: ScriptedApi, internal: Internal) -> None:
    allowed, forbidden = internal(passthrough=True, allow_internal=True), internal(passthrough=True)
    header = {"x-towpath-mode": "internal"}
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [user(use("glob", pattern="*"))]}

    assert allowed.get("/health").json()["mode"] == "passthrough"
    assert allowed.post("/v1/messages", json=body, headers=header).json()["stop_reason"] == "end_turn"
    refused = forbidden.post("/v1/messages", json=body, headers=header)
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")
    assert "CLAUDE_PROXY_ALLOW_INTERNAL=1" in refused.json()["error"]["message"]


def test_health_shows_the_mode_and_a_request_may_choose_passthrough(
    api: ScriptedApi, http: httpx.Client
) -> None:
    header = {"x-towpath-mode": "passthrough"}
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "tools": tools, "messages": [user("CALL look {}")]}

    assert http.get("/health").json()["mode"] == "internal"
    reply = http.post("/v1/messages", json=body, headers=header).json()
    assert reply["stop_reason"] == "tool_use"


def test_a_spare_serves_internal_mode(api: ScriptedApi, internal: Internal, workspace: Path) -> None:
    http = internal(spares=1, workdir=workspace)
    (workspace / "notes.txt").write_text("a barge\n")
    fields = {"metadata": {"user_id": "spare"}}
    Client(http, **fields).say(user("hello"))
    wait_until(lambda: http.get("/health").json()["sessions"]["spare"] == 1)
    second = Client(http, **fields)
    wait_until(lambda: second.say(user(use("read", file_path="notes.txt"))) is not None)

    assert second.ways == ["resume"]
    assert "barge" in json.dumps(results(api.last))
