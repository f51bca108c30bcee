"""Conversations to look at: through the real proxy and the real CLI, with figures that the API made up."""

import httpx

from tests.support.fidelity import Json, result, text, user
from tests.support.proxy import Client, calls_of
from towpath.testing import Failure, Reply, ScriptedApi


def conversation(http: httpx.Client, api: ScriptedApi, **fields: Json | str) -> Client:
    """A question that needs a tool, its result, and one question more: start, answer, resume."""
    client = Client(http, **fields)
    call = {"type": "tool_use", "id": "", "name": "read", "input": {"path": "notes.txt"}}
    api.reply(
        Reply((text("I read the notes."), {**call, "id": "toolu_1"}), usage=_usage(412, 0, 11_800, 96)),
        Reply((text("They are about boats."),), usage=_usage(37, 12_212, 310, 128)),
        Reply((text("You are welcome."),), usage=_usage(18, 12_522, 170, 24)),
    )
    calls = calls_of(client.say(user("What is in my notes?")))
    client.say(user(result(calls[0], "Boats need no engine here.")))
    client.say(user("Thank you."))
    return client


def failure(http: httpx.Client, api: ScriptedApi, message: str = "Overloaded") -> httpx.Response:
    """A conversation whose first request fails."""
    api.reply(Failure(529, "overloaded_error", message))
    return Client(http).post([user("Are you there?")])


def _usage(new: int, read: int, written: int, output: int) -> dict[str, int]:
    return {
        "input_tokens": new,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "output_tokens": output,
    }
