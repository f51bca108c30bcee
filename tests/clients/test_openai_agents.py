"""OpenAI's Agents SDK through the proxy, with both of OpenAI's APIs."""

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import FAILURE, TIMEOUT_SECONDS, Environment, Played, play
from tests.clients.recorder import RecordedProxy
from tests.support.fidelity import Json
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

AGENTS = Environment("openai-agents", ("openai-agents==0.24.0",))
CLIENT = Client(
    name="OpenAI Agents SDK for Python",
    version=AGENTS.version,
    lines="export OPENAI_BASE_URL=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy",
)


@pytest.fixture(scope="module", params=["responses", "chat_completions"])
def played(
    request: pytest.FixtureRequest,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    """What the script did by each of OpenAI's APIs, and what the API saw of it."""
    home = tmp_path_factory.mktemp("openai-agents")
    return play(AGENTS, CLIENT, "openai_agents_turns.py", proxy, scripted_api[0], home, request.param)


@pytest.mark.shows("text turn", "a second turn")
@pytest.mark.later_steps("answer", "resume")
def test_a_conversation_goes_on(played: Played) -> None:
    assert played.said["text"] == ["hello", "again"]
    assert played.ways[1] == "resume"
    assert played.api[0].body["system"][-1]["text"] == "You are a lock keeper."


@pytest.mark.shows("streaming", "usage")
def test_a_stream_comes_in_pieces_and_with_its_usage(played: Played) -> None:
    assert played.said["streamed"] == ["boat "] * 5
    assert played.said["usage"] > 0


@pytest.mark.shows("tool round trip", "parallel tools")
def test_two_tools_are_called_at_once_and_the_conversation_goes_on(played: Played) -> None:
    assert played.said["tools"] == [
        "Results: upper is three metres deep | lower is three metres deep",
        "noted",
    ]
    assert played.ways[4:6] == ["answer", "resume"]


@pytest.mark.shows("structured output")
def test_an_answer_has_the_type_that_was_asked_for(played: Played) -> None:
    assert played.said["typed"] == {"name": "", "metres": 0}
    assert played.api[6].body["output_config"]["format"]["schema"]["required"] == ["name", "metres"]


@pytest.mark.shows("image")
def test_the_model_sees_an_image(played: Played) -> None:
    shown: list[Json] = played.api[7].body["messages"][-1]["content"]

    assert played.said["image"] == "grey"
    assert [block["source"]["media_type"] for block in shown if block["type"] == "image"] == ["image/png"]


@pytest.mark.shows("error")
def test_an_error_of_the_api_has_its_status_and_message(played: Played) -> None:
    assert played.said["error"] == [FAILURE.status, FAILURE.message]
