"""What an assistant said without a word leaves no trace: the user's messages around it arrive as they are."""

import httpx
import pytest

from tests.support.fidelity import Json, assistant, call, image, result, seen, sent, text, user
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

THINKING = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}


@pytest.mark.parametrize(
    ("before", "silence", "newest"),
    [
        pytest.param([user("a")], assistant(" \n"), user("c"), id="blank"),
        pytest.param([user("a")], assistant(""), user("c"), id="empty"),
        pytest.param([user("a")], assistant(THINKING, " "), user("c"), id="thinking"),
        pytest.param([user("a", image())], assistant(" "), user(image(), "c"), id="images-around-it"),
        pytest.param([user("a"), assistant("b"), user("d")], assistant(" "), user("c"), id="in-the-middle"),
        pytest.param(
            [user("a"), assistant("b", call("t1")), user(result("t1", "r"))],
            assistant(" "),
            user("c"),
            id="behind-results",
        ),
    ],
)
def test_the_messages_around_it_arrive_as_they_are(
    http: httpx.Client, api: ScriptedApi, before: list[Json], silence: Json, newest: Json
) -> None:
    Client(http).ask([*before, silence, newest])

    assert seen(api.last) == sent([*before, newest])


def test_a_conversation_with_one_in_it_goes_on_in_its_session(http: httpx.Client, api: ScriptedApi) -> None:
    client = Client(http)
    client.messages = [user("a"), {"role": "assistant", "content": [text("")]}]
    client.say(user("c"))
    client.say(user("d"))

    assert client.ways == ["start", "resume"]
    spoken = [message for message in client.messages[:-1] if message["content"] != [text("")]]
    assert seen(api.last) == sent(spoken)
