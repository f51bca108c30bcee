"""Which model calls a CLI may make, and after which answers it would make one that nobody asked for.

Each rule was found by experiment (docs/engine.md, E1 and E6 to E8). Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.reading.request import Message

_GOES_ON_AFTER = frozenset({"max_tokens", "refusal", "model_context_window_exceeded"})
# After these the CLI wants to have something to show.
_WANTS_TEXT_AFTER = frozenset({"end_turn", "stop_sequence"})
# White space to JavaScript, though not to Python. Where it is the other way round, at most a process is lost.
_BYTE_ORDER_MARK = "\ufeff"
_SHOWN_CHARS = 100


class ModelCalls:
    """The model calls of one CLI, noticed as they are read. ``newest`` is the answer of the last one so far.

    Each needs an exchange that it serves: in passthrough mode (``one_each``) that is one call, in internal
    mode a turn of them.
    """

    def __init__(self, *, one_each: bool) -> None:
        self.newest = MessageFold()
        self._one_each = one_each
        self._is_expected = False
        self._ids: set[tuple[str | None, str]] = set()  # with the call whose subagent made it

    @property
    def another_follows(self) -> bool:
        """Whether the CLI is about to make the next call of this turn, which nobody has to ask for."""
        return not self._one_each and self.newest.message.get("stop_reason") == "tool_use"

    def remember(self, messages: Iterable[Message]) -> None:
        """The conversation that the CLI starts with: no call may get an id that it has."""
        blocks = (block for message in messages for block in message["content"])
        self._ids.update((None, block["id"]) for block in blocks if block["type"] == "tool_use")

    def expect(self) -> None:
        """An exchange begins whose answer is the model's."""
        self._is_expected = True

    def hear(self, message: Mapping[str, Any]) -> ApiError | None:
        """Take the CLI's next message; why it must not go on, if it must not: that message does not count."""
        if message.get("type") == "result":
            self._is_expected = False
        if event := own_event(message):
            if event["type"] == "message_start":
                if not self._is_expected:
                    return ApiError(500, "the answer broke off: the Claude CLI began another one. Ask again")
                self._is_expected = not self._one_each
                self.newest = MessageFold()
            try:
                self.newest.add(event)
            except (LookupError, TypeError, ValueError, AttributeError):
                return _unusable(f"a {event['type']} that is not as the API writes it")
        return self._unusable_call(message)

    def _unusable_call(self, message: Mapping[str, Any]) -> ApiError | None:
        """Where the CLI cannot tell which call a result is of, it asks the model again, and again."""
        block = message.get("event", {}).get("content_block", {})
        if block.get("type") != "tool_use":
            return None
        tool_use_id = block.get("id")
        if not isinstance(tool_use_id, str) or not tool_use_id:
            return _unusable("a tool_use block without an id")
        named = (message.get("parent_tool_use_id"), tool_use_id)
        if named in self._ids:
            return _unusable(f"a second tool_use block with the id {tool_use_id[:_SHOWN_CHARS]!r}")
        self._ids.add(named)
        return None


def own_event(message: Mapping[str, Any]) -> Event | None:
    """The stream event in a message of the CLI; None if it has none or a subagent's."""
    is_own = message.get("type") == "stream_event" and message.get("parent_tool_use_id") is None
    return message["event"] if is_own else None


def goes_on_after(message: Mapping[str, Any]) -> bool:
    """Whether the CLI would follow this answer with a request of its own, in words that nobody said."""
    reason, blocks = message.get("stop_reason"), message["content"]
    if reason in _GOES_ON_AFTER:
        return True
    if any(block["type"] == "tool_use" for block in blocks):
        return False
    return reason == "tool_use" or (reason in _WANTS_TEXT_AFTER and not any(map(_is_visible, blocks)))


def closes_what_broke(event: Event, message: Mapping[str, Any]) -> bool:
    """Whether the CLI itself ends a message whose stream broke off: it does so without a stop reason."""
    return event["type"] in ("message_delta", "message_stop") and message.get("stop_reason") is None


def _is_visible(block: Mapping[str, Any]) -> bool:
    return block["type"] == "text" and bool(block["text"].replace(_BYTE_ORDER_MARK, " ").strip())


def _unusable(what: str) -> ApiError:
    return ApiError(
        502,
        f"the upstream's answer cannot be used: it has {what}. Ask again; if it comes again, the upstream "
        "has to be repaired",
    )
