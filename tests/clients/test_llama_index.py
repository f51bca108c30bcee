"""LlamaIndex through the proxy, with both of OpenAI's APIs and with the Messages API."""

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import FAILURE, TIMEOUT_SECONDS, Environment, Played, play
from tests.clients.recorder import RecordedProxy
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

LLAMA_INDEX = Environment(
    "llama-index",
    (
        "llama-index-llms-openai-like==0.8.1",
        "llama-index-llms-openai==0.8.3",
        "llama-index-llms-anthropic==0.12.3",
        "anthropic<1",  # the newest that this package works with; it asks for any
    ),
)
CLIENT = Client(
    name="LlamaIndex (openai-like, anthropic)",
    version="0.8.1, 0.12.3",
    lines="""\
export OPENAI_API_BASE=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy       # OpenAILike, OpenAILikeResponses
export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy    # Anthropic
""",
)


@pytest.fixture(scope="module", params=["chat_completions", "responses", "messages"])
def played(
    request: pytest.FixtureRequest,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    """What the script did by each API, and what the API saw of it."""
    home = tmp_path_factory.mktemp("llama-index")
    return play(LLAMA_INDEX, CLIENT, "llama_index_turns.py", proxy, scripted_api[0], home, request.param)


@pytest.mark.shows("text turn", "a second turn")
@pytest.mark.later_steps("answer", "resume")
def test_a_conversation_goes_on(played: Played) -> None:
    assert played.said["text"] == ["hello", "again"]
    assert played.ways[1] == "resume"
    assert "You are a lock keeper." in played.api[0].body["system"][-1]["text"]


@pytest.mark.shows("streaming")
def test_a_stream_comes_in_pieces(played: Played) -> None:
    assert played.said["streamed"] == ["boat "] * 5


@pytest.mark.shows("tool round trip", "parallel tools")
def test_two_tools_are_called_at_once_and_answered(played: Played) -> None:
    assert played.said["tools"] == "Results: upper is three metres deep | lower is three metres deep"
    assert played.ways[4] == "answer"


@pytest.mark.shows("structured output")
def test_an_answer_has_the_type_that_was_asked_for(played: Played) -> None:
    assert played.said["typed"] in ({"name": "upper", "metres": 3}, {"name": "", "metres": 0})


@pytest.mark.shows("image")
def test_the_model_sees_an_image(played: Played) -> None:
    assert played.said["image"] == "grey"
    assert "image/png" in str(played.api[6].body["messages"][-1])


@pytest.mark.shows("error")
def test_an_error_of_the_api_has_its_status_and_message(played: Played) -> None:
    status, words = played.said["error"]

    assert status == FAILURE.status
    assert FAILURE.message in words
