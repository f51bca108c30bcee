"""Where a system message may stand inside a conversation. Pure.

OpenAI's APIs take one anywhere. The Messages API takes one only after a user's message, as the last before
the assistant's: Codex sends one in front of the user's after it changed its sandbox and after a compaction,
and every later request of that conversation has it.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from towpath.core.to_json import Json


class Placed(NamedTuple):
    """A message, and the index in the client's own list of what it was made of."""

    origin: int
    message: Json


def with_system_last(messages: Iterable[Placed]) -> list[Placed]:
    """The conversation with its system messages after those of the user that they stand beside.

    Several in one place become one. One between two messages of the assistant becomes a user's; if the first
    of these has calls, it waits for their results.
    """
    made: list[Placed] = []
    waiting: list[Placed] = []
    has_calls = False
    for is_assistant, group in groupby(_in_sides(messages), key=lambda pair: pair[0]):
        run = [placed for _, placed in group]
        if is_assistant:
            made += run
            has_calls = any(_is_call(block) for placed in run for block in placed.message["content"])
            continue
        waiting += (placed for placed in run if placed.message["role"] == "system")
        said = [placed for placed in run if placed.message["role"] != "system"]
        made += said
        is_user = any(placed.message["role"] == "user" for placed in said)
        if waiting and (is_user or not has_calls):
            made.append(_joined(waiting, "system" if is_user else "user"))
            waiting = []
    return [*made, _joined(waiting, "user")] if waiting else made


def _in_sides(messages: Iterable[Placed]) -> Iterator[tuple[bool, Placed]]:
    """Each message with whether it is the assistant's.

    What it only thought, or white space, counts as the user's: so it does where messages are read.
    """
    for is_assistant, run in groupby(messages, key=lambda placed: placed.message["role"] == "assistant"):
        said = [*run]
        counts = is_assistant and any(
            _counts(block) for placed in said for block in placed.message["content"]
        )
        yield from ((counts, placed) for placed in said)


def _counts(block: Json) -> bool:
    return _is_call(block) or bool(block.get("text", "").strip())


def _is_call(block: Json) -> bool:
    return bool(block["type"] == "tool_use")


def _joined(told: list[Placed], role: str) -> Placed:
    blocks = [block for placed in told for block in placed.message["content"]]
    return Placed(told[0].origin, {"role": role, "content": blocks})
