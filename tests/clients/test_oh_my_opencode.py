"""OpenCode with oh-my-opencode, which puts a text into each request and takes it out of the next.

Sent on, that text would make each step a cold start and break the prompt cache. So it is neither sent
nor compared (setting ``transient_texts``), and these tests see that with the plugin itself.
"""

import json
from dataclasses import dataclass

import pytest

from tests.clients.listed import Client
from tests.clients.npm import TIMEOUT_SECONDS, VERSIONS
from tests.clients.opencode import OpenCode, Workspace, workspace
from tests.clients.recorder import Exchange, RecordedProxy, Recorder
from tests.support.fidelity import Json, seen, sent
from towpath.testing import Failure, Recorded, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.opencode, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="OpenCode with oh-my-opencode",
    version=f"{VERSIONS['opencode-ai']}, {VERSIONS['oh-my-opencode']}",
    lines="ANTHROPIC_API_KEY=dummy ANTHROPIC_BASE_URL=http://127.0.0.1:3456 opencode",
)
TRANSIENT = "[internal] Continue from the previous assistant state."
# One of the models for which the plugin adds the text: those that refuse a conversation whose last
# message is the assistant's.
MODEL = "claude-sonnet-4-6"


@dataclass(frozen=True)
class Steps:
    """What happened when the model was made to read two files, one after the other."""

    stdout: str
    exchanges: list[Exchange]
    api: list[Recorded]


@pytest.fixture(scope="module")
def played(
    opencode: OpenCode,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Steps:
    """A run of OpenCode with the plugin and two calls, seen on both sides of the proxy."""
    api, _ = scripted_api
    api.clear()
    proxy.recorder.clear()
    place = workspace(tmp_path_factory.mktemp("plugin"))
    calls = [
        {"type": "tool_use", "name": "read", "input": {"filePath": str(place.file(name, f"I am {name}\n"))}}
        for name in ("one.txt", "two.txt")
    ]
    api.reply(*(Reply((call,)) for call in calls))
    done = opencode.run("Read both.", place, "--title", "a title", model=MODEL, plugin=True)
    assert done.returncode == 0, done.stderr
    return Steps(done.stdout, proxy.recorder.exchanges, api.exchanges)


def test_the_plugin_is_at_work(played: Steps) -> None:
    prompt = played.exchanges[0].body["system"][0]["text"]
    tools = {tool["name"] for tool in played.exchanges[0].body["tools"]}

    assert "Sisyphus" in prompt
    assert "background_output" in tools
    assert played.api[0].body["system"][-1]["text"] == prompt


def test_the_plugin_sends_the_text_after_the_results_of_each_step_and_drops_it_in_the_next(
    played: Steps,
) -> None:
    newest = [exchange.body["messages"][-1]["content"][-1] for exchange in played.exchanges]
    sent_in_all = [json.dumps(exchange.body["messages"]).count(TRANSIENT) for exchange in played.exchanges]

    assert [block.get("text") == TRANSIENT for block in newest] == [False, True, True]
    assert sent_in_all == [0, 1, 1]


def test_the_proxy_tells_how_many_such_texts_it_left_out(played: Steps) -> None:
    counted = [exchange.headers["x-towpath-transient-texts"] for exchange in played.exchanges]

    assert counted == ["0", "1", "1"]


def test_the_text_never_reaches_the_api(played: Steps) -> None:
    assert TRANSIENT not in json.dumps([recorded.body for recorded in played.api])


@pytest.mark.later_steps("answer")
def test_each_step_is_answered_by_the_process_that_made_the_call(played: Steps) -> None:
    assert [exchange.way for exchange in played.exchanges] == ["start", "answer", "answer"]


@pytest.mark.shows("tool round trip", "transient texts")
def test_each_step_is_one_model_call_with_exactly_the_rest_of_its_conversation(played: Steps) -> None:
    asked = [without_transient(sent(exchange.body["messages"])) for exchange in played.exchanges]

    assert [seen(recorded.body) for recorded in played.api] == asked


@pytest.mark.shows("text turn")
def test_the_answer_is_shown(played: Steps) -> None:
    assert "Results: " in played.stdout
    assert "I am two.txt" in played.stdout


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    done = opencode.run("hello", place, "--title", "a title", model=MODEL, plugin=True)

    assert "the lock is full" in done.stdout + done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]


def test_the_files_reach_the_model(played: Steps) -> None:
    _, _, one, _, two = seen(played.api[-1].body)

    assert "I am one.txt" in one["content"][0]["content"][0]["text"]
    assert "I am two.txt" in two["content"][0]["content"][0]["text"]


def without_transient(messages: list[Json]) -> list[Json]:
    return [{**m, "content": [b for b in m["content"] if b.get("text") != TRANSIENT]} for m in messages]
