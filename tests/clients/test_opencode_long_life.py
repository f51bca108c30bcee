"""OpenCode keeps its word over a long life: undo and redo, compaction, subagents, a proxy that restarts.

In each case what the model saw is exactly what OpenCode sent, one model call a request, and none failed.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.npm import TIMEOUT_SECONDS
from tests.clients.opencode import CLIENT as CLIENT
from tests.clients.opencode import MODEL, Server, Session, Workspace, call, conversation, results, text_of
from tests.clients.recorder import Recorder, model_calls, requests, serve_recorded
from tests.support.processes import wait_until
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi
from towpath.testing.script import obey

pytestmark = [pytest.mark.cli, pytest.mark.opencode, pytest.mark.timeout(TIMEOUT_SECONDS)]

FULL_TOKENS = 3_000_000  # more than any model's window


@pytest.fixture
def session(server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder) -> Iterator[Session]:
    """A conversation; at its end the model should have seen all of it.

    Each begins with other words: one that began like another would go on in that one's process.
    """
    yield server.session(project.folder, title="t")
    assert {exchange.status for exchange in recorder.exchanges} == {200}
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("undo and redo")
def test_what_was_undone_and_redone_reaches_the_model_again(
    session: Session, api: ScriptedApi, recorder: Recorder
) -> None:
    session.say("SAY one")
    second = session.say("SAY two")
    session.post("revert", messageID=second["info"]["parentID"])
    session.post("unrevert")
    session.say("SAY three")

    said = [text for who, text in conversation(api.last) if who == "assistant"]
    assert said == ["one", "two"]
    assert recorder.ways == ["start", "resume", "resume"]


@pytest.mark.shows("undo and redo")
def test_another_text_in_place_of_what_was_undone_and_then_a_long_way_on(
    session: Session, api: ScriptedApi, recorder: Recorder
) -> None:
    session.say("SAY begun")
    undone = session.say(call("bash", command="echo a mistake", description="Errs"))
    session.post("revert", messageID=undone["info"]["parentID"])
    for said in ("two", "three"):
        session.say(f"SAY {said}")

    assert [text for who, text in conversation(api.last) if who == "assistant"] == ["begun", "two"]
    assert recorder.ways == ["start", "resume", "answer", "start", "resume"]


@pytest.mark.shows("branches")
def test_a_fork_and_its_trunk_go_on_side_by_side(
    session: Session, api: ScriptedApi, recorder: Recorder
) -> None:
    session.say("SAY trunk")
    second = session.say("SAY two")
    fork = session.fork(second["info"]["parentID"])
    fork.say("SAY left")
    left = conversation(api.last)
    session.say("SAY right")

    assert left == [("user", "SAY trunk"), ("assistant", "trunk"), ("user", "SAY left")]
    assert conversation(api.last)[2:] == [("user", "SAY two"), ("assistant", "two"), ("user", "SAY right")]
    assert recorder.ways == ["start", "resume", "start", "resume"]


@pytest.mark.shows("compaction")
def test_a_conversation_goes_on_after_its_summary(
    session: Session, api: ScriptedApi, recorder: Recorder
) -> None:
    session.say("SAY a lot")
    api.reply(Reply(({"type": "text", "text": "They spoke of a canal."},)))
    session.post("summarize", providerID="anthropic", modelID=MODEL)
    session.say("SAY three")

    assert len(recorder.exchanges) == 3
    *_, summary, newest = conversation(api.last)
    assert (summary, newest) == (("assistant", "They spoke of a canal."), ("user", "SAY three"))
    assert (recorder.ways[0], recorder.ways[-1]) == ("start", "start")


@pytest.mark.shows("compaction")
def test_a_full_window_is_compacted_and_the_work_goes_on(
    session: Session, api: ScriptedApi, recorder: Recorder
) -> None:
    full = Reply(({"type": "text", "text": "so far"},), usage={"input_tokens": FULL_TOKENS})
    summary = Reply(({"type": "text", "text": "They spoke of a canal."},))
    api.reply(full, summary, obey)
    session.say("How far are we?")

    summarised, went_on = (exchange.body for exchange in api.exchanges[1:])
    assert "tools" not in summarised or not summarised["tools"]
    assert ("assistant", "They spoke of a canal.") in conversation(went_on)
    session.say("SAY done")
    assert len(recorder.exchanges) == 4
    assert recorder.ways[-1] == "resume"


@pytest.mark.shows("subagents")
def test_a_subagent_works_on_its_own_and_is_called_again(
    session: Session, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    file = project.file("lock.txt", "two metres deep\n")
    read = call("read", filePath=str(file))
    session.say(call("task", description="Reads", prompt=read, subagent_type="general"))

    parent, child, child_again, parent_again = (exchange.body for exchange in api.exchanges)
    assert conversation(child) == [("user", read)]
    assert {tool["name"] for tool in parent["tools"]} - {tool["name"] for tool in child["tools"]} == {"task"}
    assert "two metres deep" in next(iter(results(child_again).values()))
    (output,) = results(parent_again).values()
    assert "two metres deep" in output
    assert recorder.ways == ["start", "start", "answer", "answer"]

    task_id = re.search(r'id="(ses_\w+)"', output)[1]  # type: ignore[index]
    session.say(
        call("task", description="Asks", prompt="SAY again", subagent_type="general", task_id=task_id)
    )
    child_later = api.exchanges[5].body
    assert [text for who, text in conversation(child_later)][0::4] == [read, "SAY again"]
    assert recorder.ways[4:] == ["resume", "resume", "answer"]


@pytest.mark.shows("restart of the proxy")
def test_a_session_goes_on_when_the_proxy_restarts_while_a_tool_runs(
    server: Server,
    place: Workspace,
    api: ScriptedApi,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path: Path,
) -> None:
    settings = Settings(
        upstream_base_url=scripted_api[1],
        upstream_api_key="dummy",  # type: ignore[arg-type]
        state_dir=tmp_path / "state",
    )
    begun, go = place.folder / "begun", place.folder / "go"
    wait = f"touch {begun}; until [ -e {go} ]; do sleep 0.05; done; echo it went on"
    with ThreadPoolExecutor() as pool:
        with serve_recorded(create_app(settings)) as proxy:
            options = {"baseURL": f"{proxy.url}/v1"}
            place.file("opencode.json", json.dumps({"provider": {"anthropic": {"options": options}}}))
            session = server.session(place.folder, title="t")
            session.say("SAY one")
            answer = pool.submit(session.say, call("bash", command=wait, description="Waits"))
            wait_until(begun.exists)
        with serve_recorded(create_app(settings), urlsplit(proxy.url).port or 0) as again:
            go.touch()
            said = text_of(answer.result()["parts"])
            session.say("SAY three")

    assert "it went on" in said
    assert (proxy.recorder.ways, again.recorder.ways) == (["start", "resume"], ["start", "resume"])
    assert model_calls(api) == requests(proxy.recorder, again.recorder)
