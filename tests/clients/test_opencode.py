"""The real OpenCode works through the proxy: its tools, its sessions, its title requests.

What the model answers is told by the prompt (``CALL``, ``SAY``), so these tests see both ends: what
OpenCode did, and what reached the API.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.clients.opencode import OpenCode, Workspace, workspace
from tests.clients.recorder import Exchange, RecordedProxy, Recorder, model_calls, requests
from tests.support.fidelity import Json, added, seen

from towpath.testing import Failure, Recorded, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.opencode]

NO_TITLE_REQUEST = ("--title", "a title")
LONG_DESCRIPTION_CHARS = 2500


def call(tool: str, **arguments: str) -> str:
    """The line of a prompt that makes the model call a tool."""
    return f"CALL {tool} {json.dumps(arguments)}"


def results(body: Json) -> dict[str, str]:
    """The tool results in the newest message of an API request, by the id of their call."""
    blocks = body["messages"][-1]["content"]
    return {b["tool_use_id"]: text_of(b["content"]) for b in blocks if b["type"] == "tool_result"}


def calls(body: Json) -> dict[str, Json]:
    """The arguments of the calls in the message before, by id."""
    blocks = body["messages"][-2]["content"]
    return {block["id"]: block["input"] for block in blocks if block["type"] == "tool_use"}


def text_of(content: "str | list[Json]") -> str:
    return content if isinstance(content, str) else "".join(item["text"] for item in content)


@dataclass(frozen=True)
class Reading:
    """What happened when OpenCode was made to read a file: two steps, seen from both ends."""

    file: Path
    stdout: str
    client: list[Exchange]
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
    api, _ = scripted_api
    api.clear()
    proxy.recorder.clear()
    place = workspace(tmp_path_factory.mktemp("reading"))
    file = place.file("lock.txt", "the gate is closed\n")
    done = opencode.run(call("read", filePath=str(file)), place, *NO_TITLE_REQUEST)
    assert done.returncode == 0, done.stderr
    exchanges = proxy.recorder.exchanges
    return Reading(file, done.stdout, exchanges, api.exchanges, requests(proxy.recorder), model_calls(api))


def test_a_file_that_it_read_reaches_the_model_as_the_result_of_that_call(reading: Reading) -> None:
    first, second = (recorded.body for recorded in reading.api)
    (call_id,) = calls(second)

    assert calls(second) == {call_id: {"filePath": str(reading.file)}}
    assert "the gate is closed" in results(second)[call_id]
    assert "the gate is closed" in reading.stdout
    assert "the gate is closed" not in json.dumps(first)


def test_each_step_is_one_model_call_with_exactly_its_conversation(reading: Reading) -> None:
    assert len(reading.client) == 2
    assert reading.model_calls == reading.requests


def test_the_result_is_answered_by_the_process_that_made_the_call(reading: Reading) -> None:
    assert [exchange.way for exchange in reading.client] == ["start", "answer"]


def test_the_model_has_its_tools_verbatim(reading: Reading) -> None:
    offered = reading.client[0].body["tools"]

    assert {"bash", "edit", "read", "write", "task"} <= {tool["name"] for tool in offered}
    assert max(len(tool["description"]) for tool in offered) > LONG_DESCRIPTION_CHARS
    assert [recorded.body["tools"] for recorded in reading.api] == [offered, offered]


def test_the_model_has_its_system_prompt(reading: Reading) -> None:
    (prompt,) = (block["text"] for block in reading.client[0].body["system"])

    assert prompt.startswith("You are OpenCode")
    assert [recorded.body["system"][-1]["text"] for recorded in reading.api] == [prompt, prompt]


def test_the_model_works_in_the_folder_that_it_names(reading: Reading) -> None:
    environment = added(reading.api[0].body)[0]

    assert f"working directory: {reading.file.parent}\n" in environment


def test_a_question_is_answered(opencode: OpenCode, place: Workspace, api: ScriptedApi) -> None:
    done = opencode.run("SAY The canal is open.", place)

    assert (done.returncode, done.stdout.strip()) == (0, "The canal is open.")


def test_a_file_that_the_model_writes_is_there(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    file = place.folder / "new" / "note.txt"
    content = 'quotes " and \\ and ünïcödé\n'
    opencode.run(call("write", filePath=str(file), content=content), place, *NO_TITLE_REQUEST)

    assert file.read_text() == content
    assert model_calls(api) == requests(recorder)


def test_the_output_of_a_command_reaches_the_model(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    command = call("bash", command="pwd; echo 6 times 7 is $((6*7))", description="Calculates")
    opencode.run(command, place, *NO_TITLE_REQUEST)

    (output,) = results(api.last).values()
    assert f"{place.folder}\n6 times 7 is 42" in output
    assert model_calls(api) == requests(recorder)


def test_two_files_read_at_once_reach_the_model_as_two_results(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    files = {str(place.file(f"{name}.txt", f"content of {name}\n")): name for name in ("one", "two")}
    prompt = "\n".join(call("read", filePath=path) for path in files)
    opencode.run(prompt, place, *NO_TITLE_REQUEST)

    paths = {call_id: arguments["filePath"] for call_id, arguments in calls(api.last).items()}
    assert list(paths.values()) == list(files)
    for call_id, output in results(api.last).items():
        assert f"content of {files[paths[call_id]]}" in output
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)


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


def test_a_later_run_goes_on_in_the_process_that_holds_the_conversation(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    opencode.run("SAY one thing", place, *NO_TITLE_REQUEST)
    done = opencode.run("SAY another thing", place, "--continue")

    assert done.stdout.strip() == "another thing"
    assert recorder.ways == ["start", "resume"]
    assert model_calls(api) == requests(recorder)
    texts = [(m["role"], text_of(m["content"])) for m in seen(api.last)]
    assert texts == [("user", '"SAY one thing"'), ("assistant", "one thing"), ("user", '"SAY another thing"')]


def test_an_error_of_the_api_is_shown_with_its_message(
    opencode: OpenCode, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    done = opencode.run("hello", place, *NO_TITLE_REQUEST)

    assert "the lock is full" in done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]


class TestServer:
    """A long-running OpenCode, whose requests can overlap."""

    @pytest.fixture(scope="class")
    def server(self, opencode: OpenCode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
        with opencode.serve(workspace(tmp_path_factory.mktemp("server"))) as client:
            yield client
