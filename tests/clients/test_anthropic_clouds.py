"""The official SDK's clients for cloud providers read the scripted endpoints, with none of our code between.

So the scripted Bedrock, Vertex and Foundry are known to be right by others than those who wrote them.
"""

import json

import pytest

from tests.clients.python_clients import SCRIPTS, TIMEOUT_SECONDS, Environment, run
from tests.support.fidelity import Json
from tests.support.pins import pinned
from towpath.testing import Reply, ScriptedApi
from towpath.testing.script import obey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLOUDS = Environment("anthropic-clouds", (f"anthropic[bedrock,vertex]=={pinned('anthropic')}",))
BROKEN = Reply(
    ({"type": "text", "text": "half"},),
    error_after_events=(2, {"type": "overloaded_error", "message": "the gate is jammed"}),
)


@pytest.fixture(scope="module")
def said(scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the SDK's clients of the clouds got, by provider."""
    api, url = scripted_api
    api.clear()
    api.reply(*[lambda body: BROKEN if body["messages"][-1]["content"] == "BREAK" else obey(body)] * 20)
    script = str(SCRIPTS / "anthropic_clouds.py")
    done = run((CLOUDS.program("python"), script, url), tmp_path_factory.mktemp("clouds"), {})
    assert done.returncode == 0, done.stderr
    printed: Json = json.loads(done.stdout)
    return printed


@pytest.mark.parametrize("provider", ["bedrock", "vertex", "foundry"])
def test_a_stream_and_a_whole_answer_arrive(said: Json, provider: str) -> None:
    got = said[provider]

    assert "".join(got["pieces"]) == got["whole"] == "naïve"
    assert got["inputs"] == [{"lock": 1}]
    assert got["stop_reason"] == "tool_use"
    assert got["model"] == ("claude-haiku-4-5" if provider == "foundry" else "claude-haiku-4-5-20251001")


@pytest.mark.parametrize(
    ("provider", "status", "sentence"),
    [
        ("bedrock", 400, "The provided model identifier is invalid."),
        ("vertex", 404, "was not found or your project does not have access to it"),
        ("foundry", 404, "The API deployment for this resource does not exist."),
    ],
)
def test_a_model_that_is_not_offered_is_refused(
    said: Json, provider: str, status: int, sentence: str
) -> None:
    assert said[provider]["unknown"][0] == status
    assert sentence in said[provider]["unknown"][1]


@pytest.mark.parametrize("provider", ["bedrock", "vertex", "foundry"])
def test_an_error_in_a_stream_is_one_for_the_client(said: Json, provider: str) -> None:
    assert "the gate is jammed" in said[provider]["broken"][1]
