"""The steps: which conversations are held, and which of their requests count.

Pure: what is sent, not when or where to. The scripted model does what the newest text says.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from towpath.bench.conversations import Conversation, agent, calls, history, result

Turn = Callable[[Conversation], None]

KNOWN_AGENT = "known"
STREAMS = 4
EVENTS_PER_STREAM = 5_000


@dataclass(frozen=True)
class Stage:
    """Requests that a conversation sends one after another, without waiting for other conversations.

    Before a stage that counts there is a pause, and its requests are measured. ``kind`` tells it from other
    such stages of its step, whose figures are their own.
    """

    turns: tuple[Turn, ...]
    counts: bool
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """A kind of request. ``open`` makes a conversation of a name; ``at_once`` of them are held together.

    ``is_flow``: not the first event is what matters, but how fast they all come.
    """

    name: str
    open: Callable[[str], Conversation]
    stages: tuple[Stage, ...]
    at_once: int = 1
    is_flow: bool = False

    def row(self, stage: Stage) -> str:
        """The name under which the figures of a stage are shown."""
        return f"{self.name}, {stage.kind}" if stage.kind else self.name

    @property
    def rows(self) -> list[str]:
        """The names of all figures, each once."""
        return list(dict.fromkeys(self.row(stage) for stage in self.stages if stage.counts))


def select(names: Sequence[str]) -> list[Step]:
    """The steps of these names, in their own order; part of a name stands for all that begin with it.

    Raises:
        ValueError: there is no such step.
    """
    chosen: set[str] = set()
    for name in names:
        known = [step.name for step in STEPS]
        found = [name] if name in known else [n for n in known if n.startswith(name)]
        if not found:
            raise ValueError(f"there is no step {name!r}; the steps are: {'; '.join(known)}")
        chosen.update(found)
    return [step for step in STEPS if not names or step.name in chosen]


def known(name: str) -> Conversation:
    """A conversation of the agent that all but one step have in common."""
    return Conversation(name, agent(KNOWN_AGENT), [])


def speak(conversation: Conversation) -> None:
    """The user says something, and the model answers in a sentence."""
    conversation.say(f"SAY {conversation.name}, message {len(conversation.messages)}")


def _unknown(name: str) -> Conversation:
    return Conversation(name, agent(name), [])


def _long(messages: int, size: int) -> Callable[[str], Conversation]:
    return lambda name: Conversation(name, agent(KNOWN_AGENT), history(name, messages, size))


def _call(tools: int) -> Turn:
    def ask(conversation: Conversation) -> None:
        named = [json.dumps({"path": f"{conversation.name}-{number}.txt"}) for number in range(tools)]
        conversation.say("\n".join(f"CALL read {tool_input}" for tool_input in named))

    return ask


def _return(conversation: Conversation) -> None:
    called = calls(conversation.messages[-1])
    conversation.say([result(i, f"What {conversation.name} found for {i}.") for i in called])


def _stream(conversation: Conversation) -> None:
    conversation.say(f"REPEAT {EVENTS_PER_STREAM} boats, ")


def _prepare(*turns: Turn) -> Stage:
    return Stage(turns, counts=False)


def _measure(turn: Turn, kind: str = "") -> Stage:
    return Stage((turn,), counts=True, kind=kind)


def _at_once(number: int) -> Step:
    stages = (_measure(_call(2), "first"), _measure(_return, "answer"), _measure(speak, "resume"))
    return Step(f"{number} at once", known, stages, at_once=number)


STEPS = (
    Step("first of an unknown kind", _unknown, (_measure(speak),)),
    Step("first of a known kind", known, (_measure(speak),)),
    Step("answer, one result", known, (_prepare(_call(1)), _measure(_return))),
    Step("answer, two results", known, (_prepare(_call(2)), _measure(_return))),
    Step("answer, five results", known, (_prepare(_call(5)), _measure(_return))),
    Step("answer, 20 results", known, (_prepare(_call(20)), _measure(_return))),
    Step("resume", known, (_prepare(speak), _measure(speak))),
    Step("cold start, 20 messages", _long(20, 40_000), (_measure(speak),)),
    Step("cold start, 400 messages", _long(400, 800_000), (_measure(speak),)),
    Step("cold start, 1,000 messages", _long(1_000, 2_000_000), (_measure(speak),)),
    Step(
        "resume, 1,000 messages, 5 MB",
        _long(1_000, 5_000_000),
        (_prepare(speak), _measure(speak), _measure(speak)),
    ),
    _at_once(1),
    _at_once(5),
    _at_once(20),
    Step(
        "events per second",
        known,
        (_prepare(speak), _measure(_stream)),
        at_once=STREAMS,
        is_flow=True,
    ),
)
