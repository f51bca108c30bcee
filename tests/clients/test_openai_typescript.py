"""OpenAI's SDK for TypeScript through the proxy, with both of its APIs."""

from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.node import Script, script
from tests.clients.npm import NIGHTLY, TIMEOUT_SECONDS
from tests.clients.recorder import RecordedProxy, Recorder
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="openai, the SDK for TypeScript",
    version=NIGHTLY.versions["openai"],
    lines="export OPENAI_BASE_URL=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy",
)


@pytest.fixture(params=["responses", "chat"])
def does(
    request: pytest.FixtureRequest,
    nightly_modules: Path,
    proxy: RecordedProxy,
    api: ScriptedApi,
    recorder: Recorder,
    tmp_path: Path,
) -> Script:
    """Runs the script of the SDK, by each of OpenAI's APIs."""
    do = script("openai_sdk.mjs", nightly_modules, tmp_path, proxy.url)
    return lambda what: do(f"{request.param}-{what}")


@pytest.mark.shows("text turn", "a second turn", "streaming")
@pytest.mark.later_steps("resume")
def test_a_conversation_goes_on_and_a_stream_is_whole(does: Script) -> None:
    assert does("text") == {"texts": ["hello", "again"], "streamed": "boat " * 50}


@pytest.mark.shows("tool round trip", "parallel tools")
@pytest.mark.later_steps("answer")
def test_two_tools_in_one_step(does: Script) -> None:
    assert does("tool") == {"text": "Results: upper is two metres deep | lower is two metres deep"}


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
    api.reply(Failure(429, "rate_limit_error", "slow down"))
    failed = does("error")["failed"]

    assert (failed["name"], failed["status"]) == ("RateLimitError", 429)
    assert "slow down" in failed["message"]
