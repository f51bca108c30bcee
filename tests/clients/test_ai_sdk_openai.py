"""Vercel's AI SDK through both of OpenAI's APIs, by `@ai-sdk/openai` and `@ai-sdk/openai-compatible`."""

from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.node import Script, script
from tests.clients.npm import NIGHTLY, TIMEOUT_SECONDS
from tests.clients.recorder import RecordedProxy, Recorder
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

_VERSIONS = [NIGHTLY.versions[name] for name in ("@ai-sdk/openai", "@ai-sdk/openai-compatible", "ai")]
CLIENT = Client(
    name="Vercel AI SDK (@ai-sdk/openai, @ai-sdk/openai-compatible)",
    version="{}, {}, ai {}".format(*_VERSIONS),
    lines="""\
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"

const baseURL = "http://127.0.0.1:3456/v1"
const openai = createOpenAI({ baseURL, apiKey: "dummy" })
const compatible = createOpenAICompatible({ name: "towpath", baseURL, apiKey: "dummy" })""",
    language="js",
)


@pytest.fixture(params=["responses", "chat", "compatible"])
def does(
    request: pytest.FixtureRequest,
    nightly_modules: Path,
    proxy: RecordedProxy,
    api: ScriptedApi,
    recorder: Recorder,
    tmp_path: Path,
) -> Script:
    """Runs the script of the AI SDK, by each of OpenAI's APIs."""
    do = script("ai_sdk_openai.mjs", nightly_modules, tmp_path, proxy.url)
    return lambda what: do(f"{request.param}-{what}")


@pytest.mark.shows("text turn", "a second turn", "streaming", "usage")
@pytest.mark.later_steps("resume")
def test_a_conversation_goes_on_and_a_stream_comes_in_pieces(does: Script) -> None:
    said = does("text")

    assert (said["texts"], said["pieces"]) == (["hello", "again"], 50)
    assert said["usage"] > 0


@pytest.mark.shows("tool round trip", "parallel tools")
@pytest.mark.later_steps("answer")
def test_two_tools_in_one_step(does: Script) -> None:
    assert does("tool") == {
        "text": "Results: upper is two metres deep | lower is two metres deep",
        "steps": 2,
    }


@pytest.mark.shows("structured output")
def test_an_object_of_a_schema(does: Script, api: ScriptedApi) -> None:
    assert does("object") == {"object": {"open": False}}
    assert "open" in api.last["output_config"]["format"]["schema"]["properties"]


@pytest.mark.shows("image")
def test_the_model_sees_an_image(does: Script, api: ScriptedApi) -> None:
    assert does("image") == {"text": "grey"}
    assert "image/png" in str(api.last["messages"][-1])


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_the_sdks_own(does: Script, api: ScriptedApi) -> None:
    api.reply(Failure(529, "overloaded_error", "the gate is closed"))

    failed = {"name": "AI_APICallError", "statusCode": 529, "message": "the gate is closed"}
    assert does("error") == {"failed": failed}
