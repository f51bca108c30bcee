"""Texts that some clients put into one request and take out of the next.

They are data: a list that the operator sees and changes (setting ``transient_texts``). Such a text is not
part of the conversation: it is neither hashed nor sent, and a response header says how many were left out.
``reading.request`` asks for that, message by message.
"""

from collections.abc import Sequence

from towpath.core.canonical import Block

# oh-my-opencode appends this to the tool results of every step and drops it from the history in the next
# request. If it were sent on, each step would be a cold start and a miss of the API's prompt cache.
DEFAULT_TRANSIENT_TEXTS = ("[internal] Continue from the previous assistant state.",)


def has_transient(blocks: Sequence[Block], texts: Sequence[str]) -> bool:
    """Whether one of the blocks is a text block that is exactly one of ``texts``."""
    for block in blocks:  # noqa: SIM110 - all messages come by here in each turn; any() takes twice as long
        if block["type"] == "text" and block["text"] in texts:
            return True
    return False


def without_transient(
    blocks: Sequence[Block], digests: Sequence[bytes], texts: Sequence[str]
) -> tuple[list[Block], list[bytes]]:
    """A message's blocks and their digests without the text blocks that are exactly one of ``texts``.

    A message never loses its last block: an empty message would be another conversation, and one that
    the API refuses.
    """
    kept = [pair for pair in zip(blocks, digests, strict=True) if not has_transient([pair[0]], texts)]
    if not kept:
        return [*blocks], [*digests]
    return [block for block, _ in kept], [digest for _, digest in kept]
