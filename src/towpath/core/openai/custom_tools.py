"""Custom tools of OpenAI's APIs, whose calls have a text instead of arguments (Codex's apply_patch). Pure.

The model gets a tool with one string. A grammar cannot be enforced: it goes into the description.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from towpath.core.openai.shared_fields import object_in
from towpath.core.openai.shared_parts import refuse_others, string_in
from towpath.core.to_json import Json

_INPUT = "input"
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {_INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [_INPUT],
    "additionalProperties": False,
}
_OPENING = re.compile(r'\s*\{\s*"input"\s*:\s*"')
# The longest piece of a JSON string that can be read on its own: no half escape, no half of a pair.
_READABLE = re.compile(
    r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*"
)


def custom_function(tool: Json, path: str) -> Json:
    """A custom tool as a function."""
    refuse_others(tool, {"type", "name", "description", "format", "defer_loading"}, path)
    told = [tool["description"]] if tool.get("description") else []
    given = tool.get("format") or {"type": "text"}
    if not isinstance(given, dict) or given.get("type") != "text":
        told.append(_grammar(object_in(tool, "format", path), f"{path}.format"))
    function = {"name": tool.get("name"), "parameters": dict(_SCHEMA)}
    return {**function, "description": "\n\n".join(map(str, told))} if told else function


def _grammar(given: Json, path: str) -> str:
    # The chat API has the grammar one level deeper.
    grammar = given["grammar"] if isinstance(given.get("grammar"), dict) else given
    syntax, definition = string_in(grammar, "syntax", path), string_in(grammar, "definition", path)
    return f"The input must match this grammar ({syntax}):\n\n{definition}"


def input_of(text: str) -> Json:
    """What the model wrote for a call with that text."""
    return {_INPUT: text}


class RawInput:
    """The text of a call, out of the pieces of the JSON that the model writes."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unread = ""
        self._is_open = False

    def add(self, piece: str) -> str:
        """What the text grows by."""
        self._pieces.append(piece)
        self._unread += piece
        if not self._is_open:
            opening = _OPENING.match(self._unread)
            if not opening:
                return ""
            self._is_open = True
            self._unread = self._unread[opening.end() :]
        readable = _READABLE.match(self._unread)
        ready = readable[0] if readable else ""
        self._unread = self._unread[len(ready) :]
        return str(orjson.loads(f'"{ready}"'))

    def rest(self, given: Any) -> str:
        """What is still missing when all pieces are in. ``given``: the input that the call began with.

        A model may write something other than one text; that is the text then, for the client to refuse.
        """
        if self._is_open:
            return ""
        written = "".join(self._pieces)
        try:
            given = orjson.loads(written) if written else given
        except orjson.JSONDecodeError:
            return written
        text = given.get(_INPUT) if isinstance(given, dict) else None
        return text if isinstance(text, str) else written
