"""Vercel's AI SDK works through the proxy; it validates each event strictly (``scripts/ai_sdk.mjs``)."""

from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.node import Script, script
from tests.clients.npm import TIMEOUT_SECONDS, VERSIONS
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from tests.support.fidelity import seen
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="Vercel AI SDK (@ai-sdk/anthropic)",
    version=f"{VERSIONS['@ai-sdk/anthropic']}, ai {VERSIONS['ai']}",
    lines="""\
import { createAnthropic } from "@ai-sdk/anthropic"

const anthropic = createAnthropic({ baseURL: "http://127.0.0.1:3456/v1", apiKey: "dummy" })""",
    language="js",
)


@pytest.fixture
def does(
    node_modules: Path, proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder, tmp_path: Path
) -> Script:
    """Runs the script of the AI SDK against the proxy."""
    return script("ai_sdk.mjs", node_modules, tmp_path, proxy.url)


@pytest.mark.shows("text turn", "streaming")
def test_a_whole_answer_and_a_streamed_one(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    said = does("text")

    assert said["text"] == "hello"
    assert said["usage"]["inputTokens"] > 0
    assert said["streamed"] == "boat " * 50
    assert (said["kinds"].count("text-delta"), said["kinds"][-1]) == (50, "finish")
    assert "error" not in said["kinds"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("tool round trip", "parallel tools")
@pytest.mark.later_steps("answer")
def test_two_tools_in_one_step(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    said = does("tool")

    assert said["text"] == "Results: upper is two metres deep | lower is two metres deep"
    assert (said["steps"], said["kinds"].count("tool-result")) == (2, 2)
    assert "error" not in said["kinds"]
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("thinking")
def test_thinking_comes_back_to_the_model(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    said = does("thinking")

    assert said == {"text": "Results: upper is two metres deep", "thought": "which lock"}
    assert seen(api.last)[1]["content"][0]["thinking"] == "which lock"
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("structured output")
def test_an_object_of_a_schema(does: Script, api: ScriptedApi, recorder: Recorder) -> None:
    assert does("object") == {"object": {"open": False}}
    assert api.last["output_config"] == recorder.exchanges[-1].body["output_config"]


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_the_sdks_own(does: Script, api: ScriptedApi) -> None:
    api.reply(Failure(529, "overloaded_error", "the gate is closed"))
    failed = does("error")["failed"]

    assert (failed["name"], failed["statusCode"]) == ("AI_APICallError", 529)
    assert failed["data"]["error"] == {"type": "overloaded_error", "message": "the gate is closed"}


@pytest.mark.shows("broken streams")
def test_a_stream_that_breaks_has_an_error_part(does: Script, api: ScriptedApi) -> None:
    broken = (4, {"type": "overloaded_error", "message": "Overloaded"})
    api.reply(Reply(({"type": "text", "text": "a long answer " * 20},), error_after_events=broken))
    said = does("broken")

    assert said["errors"] == [{"type": "overloaded_error", "message": "Overloaded"}]
    assert "text-delta" in said["kinds"]
