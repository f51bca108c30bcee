"""What an assistant said without a word leaves no trace: the user's messages around it arrive as they are."""

import httpx
import pytest

from tests.support.fidelity import Json, assistant, call, image, result, seen, sent, text, user
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.each_access]

THINKING = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}


# What was before, what was said without a word, and what came then.
SILENCES: list[tuple[list[Json], Json, Json]] = [
    ([user("blank")], assistant(" \n"), user("c")),
    ([user("empty")], assistant(""), user("c")),
    ([user("thinking")], assistant(THINKING, " "), user("c")),
    ([user("images around it", image())], assistant(" "), user(image(), "c")),
    ([user("in the middle"), assistant("b"), user("d")], assistant(" "), user("c")),
    ([user("after results"), assistant("b", call("t1")), user(result("t1", "r"))], assistant(" "), user("c")),
]


def test_the_messages_around_it_arrive_as_they_are(http: httpx.Client, api: ScriptedApi) -> None:
    """In the history, each once; and before the newest message, at the end of the one conversation."""
    for_the_proxy: list[Json] = []
    for_the_model: list[Json] = []
    for before, silence, after in SILENCES:
        for_the_proxy += [*before, silence, after, assistant("so")]
        for_the_model += [*before, after, assistant("so")]
    Client(http).ask(for_the_proxy[:-1])

    assert seen(api.last) == sent(for_the_model[:-1])


def test_a_conversation_with_one_in_it_goes_on_in_its_session(http: httpx.Client, api: ScriptedApi) -> None:
    client = Client(http)
    client.messages = [user("a"), {"role": "assistant", "content": [text("")]}]
    client.say(user("c"))
    client.say(user("d"))

    assert client.ways == ["start", "resume"]
    spoken = [message for message in client.messages[:-1] if message["content"] != [text("")]]
    assert seen(api.last) == sent(spoken)
