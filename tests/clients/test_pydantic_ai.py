"""pydantic-ai through the proxy."""

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import FAILING, FAILURE, TIMEOUT_SECONDS, Environment, Played, play
from tests.clients.recorder import RecordedProxy
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

PYDANTIC_AI = Environment("pydantic-ai", ("pydantic-ai-slim[anthropic]==2.68.0",))
CLIENT = Client(
    name="pydantic-ai",
    version=PYDANTIC_AI.version,
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)


@pytest.fixture(scope="module")
def played(
    proxy: RecordedProxy, scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """What pydantic-ai's script did, and what the API saw of it."""
    home = tmp_path_factory.mktemp("pydantic-ai")
    return play(PYDANTIC_AI, CLIENT, "pydantic_ai_turns.py", proxy, scripted_api[0], home)


@pytest.mark.shows("text turn", "a second turn")
@pytest.mark.later_steps("answer", "resume")
def test_a_conversation_goes_on(played: Played) -> None:
    assert played.said["text"] == ["hello", "again"]
    assert [exchange.way for exchange in played.exchanges[:2]] == ["start", "resume"]
    # Before it comes what pydantic-ai adds.
    assert played.api[0].body["system"][-1]["text"].endswith("You are a lock keeper.")


@pytest.mark.shows("streaming", "usage")
def test_a_stream_comes_in_pieces_and_with_its_usage(played: Played) -> None:
    assert played.said["streamed"] == ["boat "] * 5
    assert played.said["usage"] > 0


@pytest.mark.shows("tool round trip")
def test_two_tools_are_called_at_once_and_answered(played: Played) -> None:
    assert played.said["results"] == "Results: upper is three metres deep | lower is three metres deep"
    assert [exchange.way for exchange in played.exchanges[3:5]] == ["start", "answer"]


@pytest.mark.shows("output types")
def test_an_answer_has_the_type_that_was_asked_for(played: Played) -> None:
    assert played.said["typed"] == {"name": "upper", "metres": 3}
    assert played.api[5].body["tool_choice"] == played.exchanges[5].body["tool_choice"]


@pytest.mark.shows("error")
def test_an_error_of_the_api_has_its_status_and_message(played: Played) -> None:
    assert played.said["error"] == [FAILURE.status, FAILURE.message]


def test_each_request_was_one_model_call_with_the_conversation_as_it_was_sent(played: Played) -> None:
    assert len(played.requests) == 6
    assert [call for call in played.model_calls if FAILING not in repr(call)] == played.requests
