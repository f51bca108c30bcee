"""Conversations to look at: through the real proxy and the real CLI, with figures that the API made up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.fidelity import Json, result, text, user
from tests.support.proxy import Client, calls_of
from towpath.testing import Failure, Reply, ScriptedApi

LONG_NAME = "claude-sonnet-4-5-20250929-as-a-gateway-in-frankfurt-calls-it"
OTHER_NAMES = ("claude-sonnet-4-5", "claude-opus-4-6", "claude-haiku-4-5", LONG_NAME)
CALL = {"type": "tool_use", "id": "", "name": "read", "input": {"path": "notes.txt"}}


def conversation(
    http: httpx.Client, api: ScriptedApi, question: str = "What is in my notes?", **fields: Json | str
) -> Client:
    """A question that needs a tool, its result, and one question more: start, answer, resume."""
    client = Client(http, **fields)
    api.reply(
        Reply((text("I read the notes."), {**CALL, "id": "toolu_1"}), usage=_usage(412, 0, 11_800, 96)),
        Reply((text("They are about boats."),), usage=_usage(37, 12_212, 310, 128)),
        Reply((text("You are welcome."),), usage=_usage(18, 12_522, 170, 24)),
    )
    calls = calls_of(client.say(user(question)))
    client.say(user(result(calls[0], "Boats need no engine here.")))
    client.say(user("Thank you."))
    return client


def parked(http: httpx.Client, api: ScriptedApi, **fields: Json | str) -> None:
    """A conversation whose client has been given a call, and has not sent its result yet."""
    api.reply(Reply((text("I read."), {**CALL, "id": "toolu_2"}), usage=_usage(512, 0, 9_300, 64)))
    Client(http, **fields).say(user("What is in the other notes?"))


def failure(http: httpx.Client, api: ScriptedApi, message: str = "Overloaded") -> httpx.Response:
    """A conversation whose first request fails."""
    api.reply(Failure(529, "overloaded_error", message))
    return Client(http).post([user("Are you there?")])


@contextmanager
def busy(http: httpx.Client, api: ScriptedApi) -> Iterator[None]:
    """Fifteen conversations, with long names, failures, calls that wait for a client, and one that runs."""
    conversation(http, api)
    for _ in range(3):
        failure(http, api)
    http.post("/v1/messages", json={"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": []})
    for name in OTHER_NAMES * 2:
        Client(http, model=name).say(user("SAY Yes"))
    conversation(http, api, "What is in her notes?", model="claude-opus-4-6")
    parked(http, api, model=LONG_NAME)
    with api.held():
        seen = len(api.exchanges)
        asking = threading.Thread(target=Client(http).post, args=([user("SAY At last")],))
        asking.start()
        api.wait_for(seen + 1)
        yield
    asking.join()


def _usage(new: int, read: int, written: int, output: int) -> dict[str, int]:
    return {
        "input_tokens": new,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
    }
