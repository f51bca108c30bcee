"""A conversation in which the user's word is not the last. Pure.

At OpenAI that is history, and the model says the next thing. The Messages API would take the assistant's last
word for the beginning of the answer, and newer models refuse it
(docs/decisions/0016-the-assistants-last-word.md); and it takes no conversation that is only a system prompt.
"""

from towpath.core.openai.system_places import Conversation
from towpath.core.to_json import Json

_GO_ON: Json = {"role": "user", "content": [{"type": "text", "text": "Continue."}]}


def asked_to_go_on(said: Conversation) -> list[Json]:
    """The messages, of which the user's is the last."""
    last = said.messages[-1]["role"] if said.messages else None
    if last == "assistant" or (last is None and said.system):
        return [*said.messages, _GO_ON]
    return said.messages
