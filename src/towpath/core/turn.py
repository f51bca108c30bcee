"""The model calls of a whole turn as one message: what a client sees when its tools run in the proxy.

Text and thinking pass, block by block, under new indexes; calls of tools do not. Pure.
"""

from typing import Any

from towpath.core.events import MESSAGE_STOP, Event
from towpath.core.usage import count, merged

_HIDDEN = frozenset({"tool_use"})


class WholeTurn:
    """Takes the stream events of all model calls of a turn, gives those of one message.

    Its usage is what the model read at the end, and all that it wrote: the input tokens (cached ones
    included) of the last call, the output tokens of all.
    """

    def __init__(self) -> None:
        self._has_begun = False
        self._next_index = 0
        self._shown: dict[int, int] = {}  # the index in the call: that in the message
        self._delta: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._output_tokens = 0

    def add(self, event: Event) -> list[Event]:
        """The events to send for the next event of a call."""
        match event["type"]:
            case "message_start":
                self._shown.clear()
                # A kind of token that only an earlier call reported must not stay in the client's sum.
                none = {kind: 0 for kind, value in self._usage.items() if isinstance(value, int)}
                self._usage = merged(none, event["message"].get("usage"))
                return self._begin(event)
            case "content_block_start":
                if event["content_block"]["type"] in _HIDDEN:
                    return []
                self._shown[event["index"]] = self._next_index
                self._next_index += 1
                return [self._renumbered(event)]
            case "content_block_delta" | "content_block_stop":
                return [self._renumbered(event)] if event["index"] in self._shown else []
            case "message_delta":
                self._delta = event["delta"]
                self._usage = merged(self._usage, event.get("usage"))
                self._output_tokens += count(self._usage, "output_tokens")
                return []
            case "message_stop":
                return []
            case _:
                return [event]

    def say(self, text: str) -> list[Event]:
        """A block with a text of the proxy's own."""
        index = self._next_index
        self._next_index += 1
        return [
            {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}},
            {"type": "content_block_stop", "index": index},
        ]

    def finish(self, **delta: Any) -> list[Event]:
        """The end of the message: that of the last call, with the changes in ``delta``."""
        usage = {**self._usage, "output_tokens": self._output_tokens}
        end = {"type": "message_delta", "delta": {**self._delta, **delta}, "usage": usage}
        return [end, MESSAGE_STOP]

    def _begin(self, event: Event) -> list[Event]:
        if self._has_begun:
            return []
        self._has_begun = True
        return [event]

    def _renumbered(self, event: Event) -> Event:
        return {**event, "index": self._shown[event["index"]]}
