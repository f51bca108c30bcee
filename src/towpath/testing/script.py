"""What to answer: the answers as values, and ``obey``, the model that does what the newest text says.

Pure. It must not know how an answer travels (``stream`` has its events, ``api`` the HTTP).

    obey looks, in this order, for                and answers
    lines CALL name {json}                        these calls, all in one turn
    a tool_choice of any or tool                  that tool or the first one, with empty input
    a line REPEAT number text                     that text as often, each in a delta of its own
    lines SAY text                                exactly that text
    an output_config.format with a schema         the smallest JSON text that suits it
    tool results in the newest user message       "Results: " and what they begin with
    anything else                                 "You said: " and what it begins with

A line THINK text puts a thinking block before any of them; SAY beside CALL is the text before
the calls.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

QUOTED_CHARS = 200
THINKING_SIGNATURE = "c2NyaXB0ZWQgdGhpbmtpbmc="  # opaque base64, as clients know it; nothing checks it

_COMMAND = re.compile(r"(SAY|THINK|CALL|REPEAT) (.*)")
_CALL = re.compile(r"(\S+) (\{.*\})\s*")
_REPEAT = re.compile(r"([1-9]\d{0,5}) (.+)")


@dataclass(frozen=True)
class Reply:
    """An answer of the model. ``content`` is in the API's blocks; a tool_use without id gets one.

    ``stop_reason`` None stands for ``tool_use`` if a tool is called, else ``end_turn``. ``usage`` is
    merged over an estimate from the sizes of request and answer. ``chunk_chars`` is the most that one
    delta carries. ``delay_seconds`` passes before the first event, ``pause_seconds`` between two.
    ``headers`` go onto the response (``anthropic-ratelimit-…``).

    Two ways to end badly, of streams only: ``cut_after_events`` aborts the connection after that many
    events, ``error_after_events`` (a number, an error object of type and message) sends an ``error``
    event after that many and ends the stream. Neither counts the ping.
    """

    content: tuple[Json, ...]
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    delay_seconds: float = 0
    cut_after_events: int | None = None
    error_after_events: tuple[int, Json] | None = None
    chunk_chars: int = 40
    pause_seconds: float = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An HTTP status with the API's error object, in place of an answer."""

    status: int
    type: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = "req_scripted"


def obey(body: Json) -> Reply:
    """Do what the newest user text of a request body says; its tool_use blocks have no ids yet."""
    newest = _newest_user_message(body)
    texts = [_unquoted(text) for text in _texts(newest)]
    commands = _commands("\n".join(texts))
    said = [text for word, text in commands if word == "SAY"]
    calls = [call for word, text in commands if word == "CALL" and (call := _call(text))]
    thinking = [
        {"type": "thinking", "thinking": text, "signature": THINKING_SIGNATURE}
        for word, text in commands
        if word == "THINK"
    ]
    if calls:
        text = "\n".join(said) or f"Calling {len(calls)} tool{'s' * (len(calls) > 1)}."
        return Reply((*thinking, _text(text), *calls))
    if forced := _forced_tool(body):
        return Reply((*thinking, _tool_use(forced, {})))
    for word, line in commands:
        if word == "REPEAT" and (match := _REPEAT.fullmatch(line)):
            return Reply((*thinking, _text(match[2] * int(match[1]))), chunk_chars=len(match[2]))
    if said:
        return Reply((*thinking, _text("\n".join(said))))
    return Reply((*thinking, _text(_answer(body, newest, texts))))


def _answer(body: Json, newest: list[Json], texts: list[str]) -> str:
    output_format = (body.get("output_config") or {}).get("format") or {}
    if output_format.get("type") == "json_schema":
        return json.dumps(_smallest(output_format["schema"], output_format["schema"]))
    results = [_texts(_blocks(block.get("content"))) for block in newest if block["type"] == "tool_result"]
    if results:
        return "Results: " + " | ".join("\n".join(result).strip()[:QUOTED_CHARS] for result in results)
    return "You said: " + "\n".join(texts)[:QUOTED_CHARS]


def _newest_user_message(body: Json) -> list[Json]:
    """The blocks of the last user message; messages of role system may follow it."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            return _blocks(message["content"])
    return []


def _blocks(content: str | list[Json] | None) -> list[Json]:
    return [_text(content)] if isinstance(content, str) else content or []


def _texts(blocks: list[Json]) -> list[str]:
    """The texts that someone wrote: the reminders that Claude Code puts beside them are left out."""
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    return [text for text in texts if not text.startswith("<system-reminder>")]


def _unquoted(text: str) -> str:
    """``opencode run "a b"`` sends the argument in quotes of its own, with the inner ones escaped."""
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"')
    return text


def _commands(text: str) -> list[tuple[str, str]]:
    found = (_COMMAND.fullmatch(line) for line in text.split("\n"))
    return [(match[1], match[2]) for match in found if match]


def _call(text: str) -> Json | None:
    """None if the line is not quite ``name {json}``: then it is text like any other."""
    match = _CALL.fullmatch(text)
    try:
        return _tool_use(match[1], json.loads(match[2])) if match else None
    except ValueError:
        return None


def _forced_tool(body: Json) -> str | None:
    choice, tools = body.get("tool_choice") or {}, body.get("tools") or []
    if choice.get("type") == "tool":
        return str(choice["name"])
    return str(tools[0]["name"]) if choice.get("type") == "any" and tools else None


def _smallest(schema: Json | bool, root: Json) -> Any:
    """The smallest value of a simple schema: constants, first choices, and required properties only.

    ``root`` is the whole schema, to which a ``$ref`` points. Bounds of lengths and numbers are not kept.
    """
    if isinstance(schema, bool):
        return {}
    if "$ref" in schema:
        return _smallest(_referred(str(schema["$ref"]), root), root)
    if "const" in schema:
        return schema["const"]
    for choices in ("enum", "anyOf", "oneOf", "allOf"):
        if choices in schema:
            first = schema[choices][0]
            return first if choices == "enum" else _smallest(first, root)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _smallest(properties.get(name, {}), root) for name in schema.get("required", ())}
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}.get(kind)


def _referred(reference: str, root: Json) -> Json:
    """What ``#/$defs/city`` points to."""
    place = root
    for name in reference.removeprefix("#").split("/")[1:]:
        place = place[name.replace("~1", "/").replace("~0", "~")]
    return place


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _tool_use(name: str, tool_input: Json) -> Json:
    return {"type": "tool_use", "name": name, "input": tool_input}
