"""Anthropic's SDK for TypeScript works through the proxy (``scripts/anthropic_sdk.mjs``)."""

from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.node import Script, script
from tests.clients.npm import TIMEOUT_SECONDS, VERSIONS
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="anthropic, the SDK for TypeScript",
    version=VERSIONS["@anthropic-ai/sdk"],
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)


@pytest.fixture
def does(
    node_modules: Path, proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder, tmp_path: Path
) -> Script:
    """Runs the script of the TypeScript SDK against the proxy."""
    return script("anthropic_sdk.mjs", node_modules, tmp_path, proxy.url)


@pytest.mark.shows("text turn", "streaming")
def test_a_whole_answer_and_a_streamed_one(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    said = does("text")

    assert said["whole"]["content"] == [{"type": "text", "text": "hello"}]
    assert said["streamed"]["content"] == [{"type": "text", "text": "boat " * 50}]
    assert said["streamed"]["usage"]["input_tokens"] > 0
    assert said["pieces"] == 50
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("tool round trip")
@pytest.mark.later_steps("answer")
def test_a_tool_run_by_hand(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    said = does("tool")

    assert said["call"] == {"name": "gauge", "input": {"lock": "upper"}}
    assert said["answer"]["content"][0]["text"] == "Results: two metres"
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("tool runner")
def test_the_tool_runner_falls_back_to_sending_the_whole_conversation(
    does: Script, api: ScriptedApi, recorder: Recorder
) -> None:
    said = does("runner")

    assert said["answer"]["content"][0]["text"] == "Results: upper is three metres deep"
    assert recorder.ways == [None, "start", "answer"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_the_sdks_own(does: Script, api: ScriptedApi) -> None:
    api.reply(Failure(529, "overloaded_error", "the gate is closed"))
    failed = does("error")["failed"]

    assert (failed["name"], failed["status"]) == ("OverloadedError", 529)
    assert failed["body"]["error"] == {"type": "overloaded_error", "message": "the gate is closed"}
    assert failed["requestID"] == failed["body"]["request_id"]


@pytest.mark.shows("broken streams")
def test_a_stream_that_breaks_is_an_error(does: Script, api: ScriptedApi) -> None:
    broken = (4, {"type": "overloaded_error", "message": "Overloaded"})
    api.reply(Reply(({"type": "text", "text": "a long answer " * 20},), error_after_events=broken))
    failed = does("error")["failed"]

    assert "Overloaded" in failed["message"]
