"""Asking the proxy, in a test's words."""

import itertools
from typing import Any

import httpx

from tests.support.fidelity import Json, request

_numbers = itertools.count()


class Client:
    """A client that keeps the conversation, as agent clients do.

    ``fields`` go into each request. By default each client is told apart by its metadata, which are part
    of a launch: so no test meets another's live sessions.
    """

    def __init__(self, http: httpx.Client, **fields: Any) -> None:
        self._http = http
        self.fields: Json = {"metadata": {"user_id": f"client-{next(_numbers)}"}, **fields}
        self.messages: list[Json] = []
        self.ways: list[str] = []
        self.reasons: list[str] = []

    def say(self, message: Json, **fields: Any) -> Json:
        """Add a user message, ask for the answer, add that, and return it."""
        self.messages.append(message)
        reply = self.ask(self.messages, **fields)
        self.messages.append({"role": "assistant", "content": reply["content"]})
        return reply

    def ask(self, messages: list[Json], **fields: Any) -> Json:
        """The answer to a conversation, which must be one."""
        response = self.post(messages, **fields)
        assert response.status_code == 200, response.text
        self.ways.append(response.headers["x-towpath-way"])
        self.reasons.append(response.headers["x-towpath-reason"])
        reply: Json = response.json()
        return reply

    def post(self, messages: list[Json], **fields: Any) -> httpx.Response:
        """Whatever comes back for a conversation."""
        return self._http.post("/v1/messages", json=request(messages, **{**self.fields, **fields}))

    def another_launch(self) -> None:
        """From here on nothing that is live can serve this client: the next request is a Start."""
        self.fields["metadata"] = {"user_id": f"client-{next(_numbers)}"}


def calls_of(reply: Json) -> list[str]:
    """The ids of the tool_use blocks of an answer."""
    return [block["id"] for block in reply["content"] if block["type"] == "tool_use"]
