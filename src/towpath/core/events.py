"""Stream events of the API: how one is written, and how a message is folded out of them.

Events are kept as the JSON objects that the API sent. A kind that is not known here passes through the
stream unchanged and leaves the folded message alone.
"""

from typing import Any

import orjson

from towpath.core.to_json import Json, to_json
from towpath.core.usage import merged

Event = Json

PING: Event = {"type": "ping"}
MESSAGE_STOP: Event = {"type": "message_stop"}


# JSON allows these unescaped, and a client that splits lines by Unicode's rules would cut the event there.
_LINE_SEPARATORS = [(c.encode(), b"\\u%04x" % ord(c)) for c in "\u0085\u2028\u2029"]


def encode(event: Event) -> bytes:
    """One server-sent event; both the ``event:`` line and ``data.type``, since clients read either."""
    data = to_json(event)
    for separator, escaped in _LINE_SEPARATORS:
        data = data.replace(separator, escaped)
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), data)


class MessageFold:
    """A message under construction. ``message`` is what the events so far describe."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        self._json: dict[int, str] = {}
        self.has_broken_input = False

    def add(self, event: Event) -> None:
        """Take the next event of the stream."""
        match event["type"]:
            case "message_start":
                self.message = {**event["message"], "content": list(event["message"]["content"])}
            case "content_block_start":
                self.message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                self._add_delta(event["index"], event["delta"])
            case "content_block_stop":
                self._finish_input(event["index"])
            case "message_delta":
                self._finish_message(event)

    def _add_delta(self, index: int, delta: dict[str, Any]) -> None:
        block = self.message["content"][index]
        match delta["type"]:
            case "text_delta":
                block["text"] = block.get("text", "") + delta["text"]
            case "input_json_delta":
                self._json[index] = self._json.get(index, "") + delta["partial_json"]
            case "thinking_delta":
                block["thinking"] = block.get("thinking", "") + delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "compaction_delta":
                block["content"] = (block.get("content") or "") + (delta.get("content") or "")
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]

    def _finish_input(self, index: int) -> None:
        text = self._json.pop(index, "")
        if not text:
            return
        try:
            self.message["content"][index]["input"] = orjson.loads(text)
        except orjson.JSONDecodeError:
            self.has_broken_input = True

    def _finish_message(self, event: Event) -> None:
        self.message.update({k: v for k, v in event["delta"].items() if v is not None or k in self.message})
        self.message["usage"] = merged(self.message.get("usage", {}), event.get("usage"))
        self.message.update({k: v for k, v in event.items() if k not in ("type", "delta", "usage")})
