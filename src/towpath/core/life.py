"""A session's states, and which of them may follow which.

Whether the process has come up is no state: a spare can be handed out before it has.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a session is in its life."""

    SPARE = "spare"  # holds the empty conversation
    RUNNING = "running"
    IDLE = "idle"
    PARKED = "parked"
    CLOSED = "closed"


FIRST = State.SPARE
"""A session that is started for a request is taken at once."""

NEXT: Mapping[State, Mapping[State, str]] = {
    State.SPARE: {
        State.RUNNING: "the first message",
        State.CLOSED: "unwanted, or its process died",
    },
    State.RUNNING: {
        State.IDLE: "a reply without calls",
        State.PARKED: "a reply with calls",
        State.CLOSED: "a failure, a client that left, an answer after which the CLI would go on",
    },
    State.IDLE: {
        State.RUNNING: "the next message (Resume)",
        State.CLOSED: "too old, too large, or its process died",
    },
    State.PARKED: {
        State.RUNNING: "the results of the calls (Answer)",
        State.CLOSED: "too old, too large, or its process died",
    },
    State.CLOSED: {},
}
"""What may follow a state, and when it does."""


class IllegalTransition(Exception):  # noqa: N818 - what was tried; the error is in who tried it
    """A session was to go from ``state`` to ``new``, which may not follow it."""

    def __init__(self, state: State, new: State) -> None:
        super().__init__(f"a session that is {state} cannot become {new}")
        self.state = state
        self.new = new


def followed(state: State, new: State) -> State:
    """``new``, where it may follow ``state``. Raises IllegalTransition."""
    if new not in NEXT[state]:
        raise IllegalTransition(state, new)
    return new
