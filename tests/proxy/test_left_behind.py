"""Calls that nobody answers: their processes give way, and what a conversation costs does not change."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import Json, added, prefix_of, result, user
from tests.support.processes import cli_processes, wait_until
from tests.support.proxy import Client, calls_of
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli

FORCED: Json = {"tool_choice": {"type": "tool", "name": "read"}}


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def http(settings: Settings, state_dir: Path, api: ScriptedApi) -> Iterator[httpx.Client]:
    """A proxy of the test's own that has room for some six processes."""
    changes = {"state_dir": state_dir, "memory_budget_mb": 900, "idle_timeout_seconds": 600}
    own = settings.model_copy(update=changes)
    with serve_in_thread(create_app(own)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def sessions(http: httpx.Client) -> Json:
    counts: Json = http.get("/health").json()["sessions"]
    return counts


def test_structured_output_leaves_the_idle_conversations_their_processes(http: httpx.Client) -> None:
    chats = [Client(http), Client(http)]
    for chat in chats:
        chat.say(user("hello"))
    for number in range(8):
        calls_of(Client(http, **FORCED).say(user(f"extract {number}")))
    for chat in chats:
        chat.say(user("go on"))

    assert [chat.ways for chat in chats] == [["start", "resume"]] * 2
    assert sessions(http)["parked"] < 8


def test_a_client_that_leaves_the_text_out_leaves_no_process_and_keeps_its_prefix(
    http: httpx.Client, api: ScriptedApi, state_dir: Path
) -> None:
    """It answers at once, while the process that called is still writing down what it added."""
    client = Client(http)
    messages: list[Json] = [user('SAY I look.\nCALL read {"path": "a"}')]
    for step in range(4):
        reply = client.ask(messages)
        calls = [block for block in reply["content"] if block["type"] == "tool_use"]
        results = [result(call["id"], f"r{step}") for call in calls]
        messages += [
            {"role": "assistant", "content": calls},
            user(*results, 'SAY So.\nCALL read {"path": "b"}'),
        ]

    assert client.reasons[1:] == [
        f"no session holds this conversation: message {number} changed" for number in (2, 4, 6)
    ]
    assert sessions(http)["parked"] == 1
    wait_until(lambda: len(cli_processes(state_dir)) == 1)
    for earlier, later in pairwise(exchange.body for exchange in api.exchanges):
        shared = len(earlier["messages"])
        assert prefix_of(earlier, shared) == prefix_of(later, shared)
        assert added(earlier) == added(later)


def test_a_request_is_told_why_its_session_ended(http: httpx.Client, state_dir: Path) -> None:
    client = Client(http)
    client.say(user("hello"))
    for process in cli_processes(state_dir):
        process.kill()
    wait_until(lambda: sessions(http)["idle"] == 0)
    client.say(user("go on"))

    assert client.reasons[1] == "no session holds this conversation: its session ended, its process died"
