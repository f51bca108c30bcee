"""The older majors of the official Python SDK, which other clients still bring along."""

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import FAILING, FAILURE, TIMEOUT_SECONDS, Environment, Played, play
from tests.clients.recorder import RecordedProxy
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

MAJORS = [
    Environment(f"anthropic-{version}", (f"anthropic=={version}",)) for version in ("0.125.0", "1.17.0")
]
CLIENT = Client(
    name="anthropic, the SDK for Python, older majors",
    version=" and ".join(environment.version for environment in MAJORS),
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)


@pytest.fixture(scope="module", params=MAJORS, ids=lambda environment: environment.version)
def played(
    request: pytest.FixtureRequest,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    """What the script of each major version did, and what the API saw of it."""
    home = tmp_path_factory.mktemp("anthropic")
    return play(request.param, CLIENT, "anthropic_turns.py", proxy, scripted_api[0], home)


@pytest.mark.shows("text turn", "a second turn")
@pytest.mark.later_steps("answer", "resume")
def test_a_conversation_goes_on(played: Played) -> None:
    assert played.said["text"] == ["hello", "again"]
    assert played.exchanges[1].way == "resume"


@pytest.mark.shows("streaming", "usage", "async client")
def test_a_stream_comes_in_pieces_and_with_its_usage(played: Played) -> None:
    assert played.said["streamed"] == ["boat "] * 5
    assert played.said["usage"] > 0
    assert played.said["async"] == "later"


@pytest.mark.shows("tool round trip", "tool runner")
def test_two_tools_are_called_at_once_and_answered(played: Played) -> None:
    assert played.said["results"] == "Results: upper is three metres deep | lower is three metres deep"
    assert played.exchanges[4].way == "answer"


@pytest.mark.shows("error")
def test_an_error_of_the_api_has_its_status_message_and_id(played: Played) -> None:
    assert played.said["error"] == [FAILURE.status, FAILURE.message, True]


def test_each_request_was_one_model_call_with_the_conversation_as_it_was_sent(played: Played) -> None:
    assert [call for call in played.model_calls if FAILING not in repr(call)] == played.requests
    assert len(played.requests) == 6
