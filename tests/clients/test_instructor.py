"""instructor through the proxy, with both of OpenAI's APIs."""

from typing import Any

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import (
    FAILURE,
    TIMEOUT_SECONDS,
    Environment,
    Played,
    obey_or_fail,
    play,
)
from tests.clients.recorder import RecordedProxy
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

INSTRUCTOR = Environment("instructor", ("instructor==1.17.0",))
CLIENT = Client(
    name="instructor",
    version=INSTRUCTOR.version,
    lines="export OPENAI_BASE_URL=http://127.0.0.1:3456/v1 OPENAI_API_KEY=dummy",
)
UPPER, LOWER = {"name": "upper", "metres": 3}, {"name": "lower", "metres": 2}


def corrected(body: dict[str, Any]) -> Reply | Failure:
    """The model takes it back when it hears what was wrong with its answer."""
    if "too flat" in str(body["messages"][-1]):
        return Reply(({"type": "tool_use", "name": "Lock", "input": LOWER},))
    return obey_or_fail(body)


def played_with(
    api_name: str,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    home = tmp_path_factory.mktemp("instructor")
    script = "instructor_turns.py"
    return play(INSTRUCTOR, CLIENT, script, proxy, scripted_api[0], home, api_name, model=corrected)


@pytest.fixture(scope="module")
def chat(
    proxy: RecordedProxy, scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """What the script did by chat completions, and what the API saw of it."""
    return played_with("chat_completions", proxy, scripted_api, tmp_path_factory)


@pytest.fixture(scope="module")
def responses(
    proxy: RecordedProxy, scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """What the script did by the Responses API, and what the API saw of it."""
    return played_with("responses", proxy, scripted_api, tmp_path_factory)


@pytest.mark.shows("text turn", "tool round trip", "structured output")
def test_an_object_comes_out_of_a_tool_and_out_of_json(chat: Played, responses: Played) -> None:
    assert chat.said["tools"] == responses.said["tools"] == UPPER
    assert chat.said["json"] == UPPER


@pytest.mark.shows("a second turn")
def test_an_object_that_is_not_valid_is_asked_for_once_more(chat: Played, responses: Played) -> None:
    assert chat.said["retried"] == responses.said["retried"] == LOWER
    assert chat.ways[2] == "answer"


@pytest.mark.shows("parallel tools")
def test_two_objects_at_once(chat: Played) -> None:
    assert chat.said["both"] == [UPPER, LOWER]


@pytest.mark.shows("streaming", "image")
def test_an_object_that_grows_and_one_out_of_an_image(chat: Played) -> None:
    assert (chat.said["streamed"], chat.said["image"]) == (UPPER, UPPER)
    assert any("image/png" in str(exchange.body["messages"]) for exchange in chat.api)


@pytest.mark.shows("error")
def test_the_words_of_an_error_reach_the_user(chat: Played, responses: Played) -> None:
    assert FAILURE.message in chat.said["error"]
    assert FAILURE.message in responses.said["error"]
