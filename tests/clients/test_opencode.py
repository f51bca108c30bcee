"""The real OpenCode works through the proxy: its tools, its sessions, its title requests.

What the model answers is told by the prompt (``CALL``, ``SAY``), so these tests see both ends: what
OpenCode did, and what reached the API.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.npm import TIMEOUT_SECONDS
from tests.clients.opencode import CLIENT as CLIENT
from tests.clients.opencode import (
    OpenCode,
    Server,
    Workspace,
    call,
    calls,
    conversation,
    results,
    text_of,
    workspace,
)
from tests.clients.program import RUN_SECONDS
from tests.clients.recorder import Exchange, RecordedProxy, Recorder, model_calls, requests
from tests.support.fidelity import Json, added, seen, sent
from towpath.testing import Failure, Recorded, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.opencode, pytest.mark.timeout(TIMEOUT_SECONDS)]

NO_TITLE_REQUEST = ("--title", "a title")
LONG_DESCRIPTION_CHARS = 2500


@dataclass(frozen=True)
class Reading:
    """What happened when OpenCode was made to read a file, and was run once more: seen from both ends."""

    file: Path
    stdout: str
    later: str
    exchanges: list[Exchange]
    api: list[Recorded]
    requests: list[tuple[str, list[Json]]]
    model_calls: list[tuple[str, list[Json]]]


@pytest.fixture(scope="module")
def reading(
    opencode: OpenCode,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Reading:
    """A run of OpenCode that reads a file, seen on both sides of the proxy."""
    api, _ = scripted_api
    api.clear()
    proxy.recorder.clear()
    place = workspace(tmp_path_factory.mktemp("reading"))
    file = place.file("lock.txt", "the gate is closed\n")
    done = opencode.run(call("read", filePath=str(file)), place, *NO_TITLE_REQUEST)
    assert done.returncode == 0, done.stderr
    later = opencode.run("SAY another thing", place, "--continue").stdout
    exchanges = proxy.recorder.exchanges
    return Reading(
        file, done.stdout, later, exchanges, api.exchanges, requests(proxy.recorder), model_calls(api)
    )


@pytest.mark.shows("tool round trip")
def test_a_file_that_it_read_reaches_the_model_as_the_result_of_that_call(reading: Reading) -> None:
    first, second, _ = (recorded.body for recorded in reading.api)
    (call_id,) = calls(second)

    assert calls(second) == {call_id: {"filePath": str(reading.file)}}
    assert "the gate is closed" in results(second)[call_id]
    assert "the gate is closed" in reading.stdout
    assert "the gate is closed" not in json.dumps(first)


def test_each_step_is_one_model_call_with_exactly_its_conversation(reading: Reading) -> None:
    assert len(reading.exchanges) == 3
    assert reading.model_calls == reading.requests


def test_the_result_is_answered_by_the_process_that_made_the_call(reading: Reading) -> None:
    assert [exchange.way for exchange in reading.exchanges[:2]] == ["start", "answer"]


@pytest.mark.shows("text turn", "resumed session")
@pytest.mark.later_steps("answer", "resume")
def test_a_later_run_goes_on_in_the_process_that_holds_the_conversation(reading: Reading) -> None:
    *_, said = conversation(reading.api[2].body)

    assert reading.later.strip() == "another thing"
    assert reading.exchanges[2].way == "resume"
    assert said == ("user", '"SAY another thing"')


def test_the_model_has_its_tools_verbatim(reading: Reading) -> None:
    offered = reading.exchanges[0].body["tools"]

    assert {"bash", "edit", "read", "write", "task"} <= {tool["name"] for tool in offered}
    assert max(len(tool["description"]) for tool in offered) > LONG_DESCRIPTION_CHARS
    assert [recorded.body["tools"] for recorded in reading.api] == [offered] * 3


def test_the_model_has_its_system_prompt(reading: Reading) -> None:
    (prompt,) = (block["text"] for block in reading.exchanges[0].body["system"])

    assert prompt.startswith("You are OpenCode")
    assert [recorded.body["system"][-1]["text"] for recorded in reading.api] == [prompt] * 3


def test_the_model_works_in_the_folder_that_it_names(reading: Reading) -> None:
    environment = added(reading.api[0].body)[0]

    assert f"working directory: {reading.file.parent}\n" in environment


@pytest.mark.later_steps("answer")
@pytest.mark.nightly
def test_two_runs_at_once_do_not_mix(
    opencode: OpenCode, tmp_path: Path, api: ScriptedApi, recorder: Recorder
) -> None:
    places = {name: workspace(tmp_path / name) for name in ("one", "two")}

    def read_in(name: str) -> str:
        path = places[name].file("secret.txt", f"the secret of {name}\n")
        return opencode.run(call("read", filePath=str(path)), places[name], *NO_TITLE_REQUEST).stdout

    with ThreadPoolExecutor() as pool:
        said = dict(zip(places, pool.map(read_in, places), strict=True))

    for name, other in (("one", "two"), ("two", "one")):
        assert f"the secret of {name}" in said[name]
        assert f"the secret of {other}" not in said[name]
    assert len(api.exchanges) == 4
    assert model_calls(api) == requests(recorder)
    assert sorted(map(str, recorder.ways)) == ["answer", "answer", "start", "start"]


def test_a_file_that_the_model_writes_is_there(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    file = project.folder / "new" / "note.txt"
    content = 'quotes " and \\ and ünïcödé\n'
    server.session(project.folder, title="t").say(call("write", filePath=str(file), content=content))

    assert file.read_text() == content
    assert model_calls(api) == requests(recorder)


def test_the_output_of_a_command_reaches_the_model(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    command = call("bash", command="pwd; echo 6 times 7 is $((6*7))", description="Calculates")
    server.session(project.folder, title="t").say(command)

    (output,) = results(api.last).values()
    assert f"{project.folder}\n6 times 7 is 42" in output
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("parallel tools")
def test_two_files_read_at_once_reach_the_model_as_two_results(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    files = {str(project.file(f"{name}.txt", f"content of {name}\n")): name for name in ("one", "two")}
    server.session(project.folder, title="t").say("\n".join(call("read", filePath=path) for path in files))

    paths = {call_id: arguments["filePath"] for call_id, arguments in calls(api.last).items()}
    assert list(paths.values()) == list(files)
    for call_id, output in results(api.last).items():
        assert f"content of {files[paths[call_id]]}" in output
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("title request")
def test_the_title_request_and_the_question_are_answered_side_by_side(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    session = server.session(project.folder)
    with server.events(project.folder) as events:
        with ThreadPoolExecutor() as pool, api.held():
            answer = pool.submit(session.say, "SAY A walk by the water")
            both = [recorded.body for recorded in api.wait_for(2, RUN_SECONDS)]
        updates = (event for event in events if event["type"] == "session.updated")
        titles = (update["properties"]["info"]["title"] for update in updates)
        has_title = "A walk by the water" in titles

    assert sorted(bool(body.get("tools")) for body in both) == [False, True]
    assert text_of(answer.result()["parts"]) == "A walk by the water"
    assert has_title
    assert len(api.exchanges) == 2
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("aborted turn")
def test_the_conversation_goes_on_after_an_aborted_turn(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    session = server.session(project.folder, title="t")
    with ThreadPoolExecutor() as pool, api.held():
        aborted = pool.submit(session.say, "a slow question")
        api.wait_for(1, RUN_SECONDS)
        session.post("abort")
        assert aborted.result()["info"]["error"]["name"] == "MessageAbortedError"
    said = session.say("SAY here I am")

    assert text_of(said["parts"]) == "here I am"
    assert seen(api.last) == sent(recorder.exchanges[-1].body["messages"])


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    server: Server, project: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    failed = server.session(project.folder, title="t").say("hello")

    assert failed["info"]["error"]["data"]["message"] == "the lock is full"
    assert [exchange.status for exchange in recorder.exchanges] == [400]
