"""Which way a request is served. A pure decision; the caller carries it out.

    ============================================  ==================================  ==========
    the newest message                            a session at the tip before it      way
    ============================================  ==================================  ==========
    text or documents                             idle, or a spare if it is the first  Resume
    the results of all the calls it waits for,    parked at exactly these calls       Answer
    with or without text after them
    anything else, or no such session                                                 Start
    ============================================  ==================================  ==========

Start is always right; the other two are faster ways to the same result. What the fast ways cannot carry
exactly is measured in docs/engine.md; each row of it is a reason below.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from towpath.core.canonical import SYSTEM_TEXT, canonical_block, result_blocks
from towpath.core.life import State
from towpath.core.reading.request import Message

# The CLI replaces a longer result by a note that names a file (documented ceiling of
# anthropic/maxResultSizeChars). It measures the text of all blocks of one result.
MAX_RESULT_CHARS = 500_000
# It cuts the middle out of a longer error.
MAX_ERROR_CHARS = 10_000


NO_SESSION = "no session holds this conversation"


_WHY_RESUME = {
    State.IDLE: "the idle session holds the rest",
    State.SPARE: "a spare waited for such a conversation",
}


class Candidate(Protocol):
    """What the decision needs to know of a session."""

    @property
    def state(self) -> State: ...
    @property
    def waiting_for(self) -> frozenset[str]:
        """The ids of the tool_use blocks that a parked session waits for."""
        ...


C = TypeVar("C", bound=Candidate)


@dataclass(frozen=True)
class Resume(Generic[C]):
    """Hand the newest message to an idle session, or the first one to a spare."""

    name: ClassVar = "resume"
    session: C
    reason: str


@dataclass(frozen=True)
class Answer(Generic[C]):
    """Let the parked calls return, in the client's order; what else the message says follows."""

    name: ClassVar = "answer"
    session: C
    reason: str = "the parked session waits for these results"


@dataclass(frozen=True)
class Start:
    """Start a process with the whole conversation."""

    name: ClassVar = "start"
    reason: str


def choose_way(messages: Sequence[Message], candidates: Iterable[C]) -> Resume[C] | Answer[C] | Start:
    """The way for a request whose messages before the newest one are exactly what ``candidates`` hold."""
    blocks = messages[-1]["content"]
    results, rest = split_results(blocks)
    reason = "the conversation begins" if len(messages) == 1 else NO_SESSION
    for session in candidates:
        if results:
            reason = _why_not_answer(session, blocks, results, rest)
            if not reason:
                return Answer(session)
        else:
            reason = _why_not_resume(session, blocks)
            if not reason:
                return Resume(session, _WHY_RESUME[session.state])
    return Start(reason)


def split_results(blocks: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tool results of a message, and its other blocks."""
    return (
        [block for block in blocks if block["type"] == "tool_result"],
        [block for block in blocks if block["type"] != "tool_result"],
    )


def _why_not_resume(session: Candidate, blocks: Sequence[dict[str, Any]]) -> str:
    if session.state not in _WHY_RESUME:
        return f"the session that holds the rest is {session.state}"
    return _why_not_carried(blocks)


def _why_not_answer(
    session: Candidate,
    blocks: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    rest: Sequence[dict[str, Any]],
) -> str:
    if session.state is not State.PARKED:
        return f"the session that holds the rest is {session.state}"
    if list(blocks) != [*results, *rest]:
        return "text before tool results needs a new process"
    if {block["tool_use_id"] for block in results} != session.waiting_for:
        return "the results are not those that the session waits for"
    for block in results:
        if reason := _why_not_returned(block):
            return reason
    if rest and all(block.get("is_error") for block in results):
        # claude/endTurn is honoured only if one result is no error; else the CLI calls the model at once.
        return "text after results that are all errors needs a new process"
    return _why_not_carried(rest)


def _why_not_returned(block: dict[str, Any]) -> str:
    """Why a parked call cannot return this result exactly; empty if it can."""
    parts = result_blocks(block)
    texts = [part["text"] for part in parts if part["type"] == "text"]
    if len(texts) != len(parts):
        # The CLI writes images to files of the user's, adds a line, and lets them overtake other results.
        return "a tool result with anything but text needs a new process"
    if any(canonical_block(part, "user") != {"type": "text", "text": part["text"]} for part in parts):
        return "a text with further fields in a tool result needs a new process"  # MCP has no place for them
    if not texts or not all(texts):
        return "an empty tool result needs a new process"  # it would become "(… completed with no output)"
    if block.get("is_error"):
        if len(texts) > 1:
            return "an error of several blocks needs a new process"  # they would be joined into one
        if _length(texts) > MAX_ERROR_CHARS:
            return "an error over 10,000 characters needs a new process"
    elif _length(texts) > MAX_RESULT_CHARS:
        return "a tool result over 500,000 characters needs a new process"
    return ""


def _length(texts: Sequence[str]) -> int:
    """Characters as JavaScript counts them: UTF-16 code units."""
    return sum(len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts)


def _why_not_carried(blocks: Sequence[dict[str, Any]]) -> str:
    """Why a live session cannot take these blocks as the next user message exactly; empty if it can."""
    if any(block["type"] == "image" for block in blocks):
        return "an image needs a new process"  # the CLI adds a line that names a file of this host
    if any(block["type"] == SYSTEM_TEXT for block in blocks):
        return "a system message needs a new process"  # a query is the user's
    return ""
