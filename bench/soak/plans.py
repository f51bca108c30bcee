"""What a conversation will be: its steps, drawn by a seeded random. Pure.

An *act* is what the client does before it asks for the next answer, and how it listens to that.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bench.soak.marks import mark
from towpath.bench.conversations import MODEL, Conversation, agent, calls, history, result
from towpath.testing.script import Json

AGENTS = 3
_LONG_MESSAGES, _LONG_BYTES = 80, 160_000
_STREAMED = 400


class Act(StrEnum):
    """What a client does."""

    SAY = "say"
    CALL_ONE = "call one tool"
    CALL_TWO = "call two tools"
    ANSWER = "give the results"
    ABANDON = "leave in mid-stream"
    BRANCH = "edit an earlier message"
    REPEAT = "send the request again"


@dataclass(frozen=True)
class Plan:
    """A conversation to be held: what it is like, and whose system prompt and tools it has."""

    name: str
    kind: str
    agent: int
    acts: Sequence[Act]


_AFTER_CALLS = ((Act.ANSWER,), (Act.BRANCH,), (Act.REPEAT, Act.ANSWER))
_KINDS: dict[str, int] = {"talk": 4, "tools": 5, "long": 1, "title": 2, "abandons": 2, "edits": 2}


def plans(name: str, random: Random) -> Iterator[Plan]:
    """Conversations without end. ``name`` is in their names: another run has others."""
    number = 0
    while True:
        number += 1
        kind = random.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
        yield Plan(f"{name}.{number}", kind, random.randrange(AGENTS), tuple(_acts(kind, random)))


def _acts(kind: str, random: Random) -> Iterator[Act]:
    yield Act.SAY
    if kind == "title":
        return
    for _ in range(random.randint(1, 4)):
        match kind:
            case "tools":
                yield random.choice((Act.CALL_ONE, Act.CALL_TWO))
                # Now and then the user speaks instead of the tool, or the client repeats itself.
                yield from random.choices(_AFTER_CALLS, weights=(8, 1, 1))[0]
            case "abandons":
                yield Act.ABANDON
            case "edits":
                yield random.choice((Act.BRANCH, Act.REPEAT))
        yield Act.SAY


def begun(plan: Plan) -> Conversation:
    """The conversation before its first step."""
    if plan.kind == "title":
        system = f"Write a title for a conversation. {mark('title')}"
        return Conversation(plan.name, {"model": MODEL, "max_tokens": 50, "system": system}, [])
    kept = history(plan.name, _LONG_MESSAGES, _LONG_BYTES) if plan.kind == "long" else []
    for number, message in enumerate(kept):
        if isinstance(message["content"], str):
            message["content"] += mark(f"{plan.name}.h{number}")
    return Conversation(plan.name, _agent(plan.agent), kept)


def step(conversation: Conversation, act: Act, number: int) -> None:
    """Change the conversation to what the next request shall ask; ``number`` is that of the step."""
    mine = mark(f"{conversation.name}.{number}")
    match act:
        case Act.SAY:
            conversation.say(f"Go on {mine}")
        case Act.CALL_ONE | Act.CALL_TWO:
            conversation.say("\n".join(f"CALL read {json.dumps(i)}" for i in inputs(act, mine)))
        case Act.ANSWER:
            found = enumerate(calls(conversation.messages[-1]))
            conversation.say([result(i, f"Found {place} {mine}") for place, i in found])
        case Act.ABANDON:
            conversation.say(f"REPEAT {_STREAMED} boats {mine},")
        case Act.BRANCH:
            conversation.messages = conversation.messages[: _last_question(conversation.messages)]
            conversation.say(f"No, rather {mine}")
        case Act.REPEAT:
            conversation.messages.pop()


def inputs(act: Act, own_mark: str) -> list[Json]:
    """What the tools are called with in such a step."""
    count = {Act.CALL_ONE: 1, Act.CALL_TWO: 2}.get(act, 0)
    return [{"path": f"{place} {own_mark}"} for place in range(count)]


def _last_question(messages: Sequence[Json]) -> int:
    """The place of the newest message of the user's that holds no results."""
    return max(
        place
        for place, message in enumerate(messages)
        if message["role"] == "user" and isinstance(message["content"], str)
    )


def _agent(number: int) -> Json:
    fields = agent(f"soak-{number}")
    return {**fields, "system": f"{mark(f'agent:{number}')} {fields['system']}"}
