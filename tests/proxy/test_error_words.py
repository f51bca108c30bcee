"""Clients know an error by its words: Claude Code does without an effort, OpenCode compacts. None is changed.

Claude Code's documentation of gateways asks for that; the sentences here are among those that it looks for.
"""

import httpx
import pytest

from tests.support.fidelity import assistant, sent, user
from tests.support.proxy import Client
from towpath.testing import Failure, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation with the shared proxy."""
    return Client(http)


SENTENCES = [
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or "
    "`max_tokens` and try again",
    "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
    "tools.0.custom.defer_loading: Extra inputs are not permitted",
    "Unexpected value(s) `later-2027-01-01` for the `anthropic-beta` header.",
    "role 'system' is not supported on this model",
    "two lines\nand {braces}",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_words_of_a_400_arrive_as_they_are(api: ScriptedApi, client: Client, sentence: str) -> None:
    api.reply(Failure(400, "invalid_request_error", sentence))
    response = client.post([user("hello")])

    assert (response.status_code, response.json()["error"]["message"]) == (400, sentence)
    assert len(api.exchanges) == 1


def test_after_a_400_about_thinking_the_cli_asks_again_without_it(api: ScriptedApi, client: Client) -> None:
    """The client never hears of the first one (docs/engine.md, E13)."""
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    api.reply(Failure(400, "invalid_request_error", words))
    thought = {"type": "thinking", "thinking": "it sticks", "signature": "c2ln"}
    messages = [user("hello"), assistant(thought, "The gate is shut."), user("SAY open")]
    response = client.post(messages, thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2000)

    assert response.status_code == 200
    first, second = (recorded.body["messages"] for recorded in api.exchanges)
    assert sent(first)[-2] == sent(messages)[-2]
    assert sent(second)[-2] == assistant("The gate is shut.")


def test_after_a_400_about_an_effort_the_cli_asks_again(api: ScriptedApi, client: Client) -> None:
    """As above."""
    words = "output_config.effort: Extra inputs are not permitted"
    api.reply(Failure(400, "invalid_request_error", words))

    assert client.post([user("SAY open")]).status_code == 200
    assert len(api.exchanges) == 2
