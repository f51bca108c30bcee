"""langchain-anthropic through the proxy."""

import pytest

from tests.clients.langchain import CLIENT, LANGCHAIN
from tests.clients.python_clients import FAILING, FAILURE, TIMEOUT_SECONDS, Played, play
from tests.clients.recorder import RecordedProxy
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]


@pytest.fixture(scope="module")
def played(
    proxy: RecordedProxy, scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """What LangChain's script did, and what the API saw of it."""
    home = tmp_path_factory.mktemp("langchain")
    return play(LANGCHAIN, CLIENT, "langchain_turns.py", proxy, scripted_api[0], home)


@pytest.mark.shows("text turn")
def test_a_question_is_answered(played: Played) -> None:
    assert played.said["text"] == "hello"
    assert played.api[0].body["system"][-1]["text"] == "You are a lock keeper."


@pytest.mark.shows("streaming", "usage")
def test_a_stream_comes_in_pieces_and_with_its_usage(played: Played) -> None:
    assert played.said["streamed"] == ["boat "] * 5
    assert played.said["usage"] > 0


@pytest.mark.shows("tool round trip")
@pytest.mark.later_steps("answer")
def test_two_tools_are_called_at_once_and_answered(played: Played) -> None:
    assert played.said["results"] == "Results: upper is three metres deep | lower is three metres deep"
    assert [exchange.way for exchange in played.exchanges[2:4]] == ["start", "answer"]


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_the_sdks_own(played: Played) -> None:
    assert played.said["error"] == [FAILURE.status, FAILURE.message]


def test_each_request_was_one_model_call_with_the_conversation_as_it_was_sent(played: Played) -> None:
    assert len(played.requests) == 4
    assert [call for call in played.model_calls if FAILING not in repr(call)] == played.requests
