"""What an answer says: events out of the bytes of a stream, and a message out of the events.

Pure. Written without Towpath's own fold, which is a part of what is measured.
"""

import orjson

from towpath.testing.script import Json


class EventReader:
    """Cuts a stream of server-sent events at its lines, wherever the network has cut it."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> list[Json]:
        """The events that are complete with this part."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        return [orjson.loads(line[5:]) for line in lines if line.startswith(b"data:")]


class MessageFold:
    """The content of a message under construction: the text and the calls, which is all that is asked for."""

    def __init__(self) -> None:
        self.is_complete = False
        self._blocks: list[Json] = []
        self._pieces: list[list[str]] = []

    def add(self, event: Json) -> None:
        """Take the next event; kinds that are not known change nothing."""
        match event["type"]:
            case "content_block_start":
                self._blocks.append(event["content_block"])
                self._pieces.append([])
            case "content_block_delta":
                delta = event["delta"]
                self._pieces[event["index"]].append(delta.get("text") or delta.get("partial_json") or "")
            case "message_stop":
                self.is_complete = True

    def content(self) -> list[Json]:
        """The blocks, as a client sends them back."""
        return [_whole(block, "".join(p)) for block, p in zip(self._blocks, self._pieces, strict=True)]


def _whole(block: Json, written: str) -> Json:
    match block["type"]:
        case "text":
            return {**block, "text": block["text"] + written}
        case "tool_use" if written:
            return {**block, "input": orjson.loads(written)}
        case _:
            return block
