"""A conversation whose last word is the assistant's. Pure.

At OpenAI that is history, and the model says the next thing. The Messages API would take it for the beginning
of the answer, and newer models refuse it (docs/decisions/0016-the-assistants-last-word.md).
"""

from towpath.core.to_json import Json

_GO_ON: Json = {"role": "user", "content": [{"type": "text", "text": "Continue."}]}


def asked_to_go_on(messages: list[Json]) -> list[Json]:
    """The conversation, in which the user's word is the last."""
    return [*messages, _GO_ON] if messages and messages[-1]["role"] == "assistant" else messages
