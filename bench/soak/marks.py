"""Marks in messages, the digest of a conversation that is made of them, and what a wrong one means. Pure.

The answer contains the digest, which is a mark itself: so a lost answer is noticed as well.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from towpath.testing import Reply
from towpath.testing.script import Json, obey

_MARK = re.compile(r"\[\[[\w.:-]+\]\]")
_SAW = re.compile(r"\[\[saw:(\d+):[0-9a-f]{16}\]\]$")
# A long answer shall last long enough to be abandoned, or killed, in its middle.
_LONG_CHARS = 500
_PAUSE_SECONDS = 0.005


def mark(name: str) -> str:
    """A mark; equal names make equal ones."""
    return f"[[{name}]]"


def marks_of(body: Json) -> list[str]:
    """All marks of a request in their order: the system prompt's, then those of each message."""
    return _MARK.findall(json.dumps([body.get("system"), body["messages"]]))


def saw(marks: Sequence[str]) -> str:
    """What the model says at the end of its answer: how many marks it saw, and their digest."""
    return mark(f"saw:{len(marks)}:{blake2b(''.join(marks).encode(), digest_size=8).hexdigest()}")


def witness(body: Json) -> Reply:
    """The scripted model's answer to a request, with what it saw at the end of its first text."""
    reply = obey(body)
    place = next(index for index, block in enumerate(reply.content) if block["type"] == "text")
    said = reply.content[place]["text"]
    block = {"type": "text", "text": f"{said} {saw(marks_of(body))}"}
    content = (*reply.content[:place], block, *reply.content[place + 1 :])
    return replace(reply, content=content, pause_seconds=_PAUSE_SECONDS if len(said) > _LONG_CHARS else 0)


def verdict(body: Json, content: Sequence[Json]) -> str:
    """What is wrong with an answer: nothing, ``lost``, ``duplicated``, ``mixed up`` or ``no witness``."""
    text = next((block["text"] for block in content if block["type"] == "text"), "")
    marks = marks_of(body)
    if text.endswith(saw(marks)):
        return ""
    found = _SAW.search(text)
    if not found:
        return "no witness"
    seen = int(found[1])
    return "lost" if seen < len(marks) else "duplicated" if seen > len(marks) else "mixed up"
