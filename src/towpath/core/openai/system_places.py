"""The order of a conversation: what OpenAI's APIs take, where the Messages API takes it. Pure.

OpenAI's APIs take a system message anywhere. The Messages API takes one only after a user's message, as the
last before the assistant's: Codex sends one in front of the user's after it changed its sandbox and after a
compaction, and every later request of that conversation has it. There, results of calls come before what
else the user says.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from towpath.core.openai.shared_parts import SYSTEM_ROLES, is_blank
from towpath.core.to_json import Json


class Said(NamedTuple):
    """A message as the client sent it: its index in the client's own list, its role and its blocks."""

    origin: int
    role: str
    blocks: list[Json]


class Placed(NamedTuple):
    """A message, and the index in the client's own list of what it was made of."""

    origin: int
    message: Json


class Conversation(NamedTuple):
    """``indexes``: which of the client's own list each message was."""

    messages: list[Json]
    system: list[Json]
    indexes: list[int]


def arranged(said: Iterable[Said]) -> Conversation:
    """The conversation, and the blocks of the system prompt: what was said as such before anything else."""
    made: list[Placed] = []
    system: list[Json] = []
    for origin, role, given in said:
        blocks = [block for block in given if not is_blank(block)]
        if role in SYSTEM_ROLES and not made:
            system += blocks
        elif blocks:
            named = "system" if role in SYSTEM_ROLES else role
            made.append(Placed(origin, {"role": named, "content": blocks}))
    placed = with_system_last(made)
    return Conversation([each.message for each in placed], system, [each.origin for each in placed])


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
            has_calls = any(_has("tool_use", placed) for placed in run)
            continue
        waiting += (placed for placed in run if placed.message["role"] == "system")
        said = [placed for placed in run if placed.message["role"] != "system"]
        made += sorted(said, key=lambda placed: not _has("tool_result", placed))
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
    return block["type"] == "tool_use" or (block["type"] == "text" and not is_blank(block))


def _has(kind: str, placed: Placed) -> bool:
    return any(block["type"] == kind for block in placed.message["content"])


def _joined(told: list[Placed], role: str) -> Placed:
    blocks = [block for placed in told for block in placed.message["content"]]
    return Placed(told[0].origin, {"role": role, "content": blocks})
