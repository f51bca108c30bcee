"""Texts that some clients put into one request and take out of the next.

The one place where a client's habit is known, and it is data: a list that the operator sees and
changes (setting ``transient_texts``). Such a text is no part of the conversation: it is neither
hashed nor sent, and a response header says how many were left out (engine-facts F10).
"""

from collections.abc import Sequence

from towpath.core.request import Message

# oh-my-opencode appends this behind the tool results of every step and drops it from the history in
# the next request. Sent on, it makes each step a cold start and breaks the prompt cache at the API.
DEFAULT_TRANSIENT_TEXTS = ("[internal] Continue from the previous assistant state.",)


def without_transient(messages: Sequence[Message], texts: Sequence[str]) -> tuple[tuple[Message, ...], int]:
    """The messages without the text blocks that are exactly one of ``texts``, and how many those were.

    A message never loses its last block: an empty message would be another conversation, and one that
    the API refuses.
    """
    kept, dropped = [], 0
    for message in messages:
        blocks = [b for b in message["content"] if not (b["type"] == "text" and b["text"] in texts)]
        if not blocks or len(blocks) == len(message["content"]):
            kept.append(message)
        else:
            dropped += len(message["content"]) - len(blocks)
            kept.append({**message, "content": blocks})
    return tuple(kept), dropped
