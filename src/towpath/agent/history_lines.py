"""A conversation as the CLI's own session file (JSON lines), so that a new process holds it natively.

The only module that knows the entry format. The CLI reads the file with ``--resume=<path>`` and appends
to it, so the file may lie in a private folder and the user's own session list stays clean.

The shape of a file, measured in tests/contract:

1. A ``system`` entry that opens it; the CLI refuses an empty file. It is not sent to the API.
2. One entry a message, without cache_control: the API allows four marks, and the CLI sets three. It is
   followed by one for a system message (``_system_entry``), then by the attachment entries that the CLI
   itself wrote there in an earlier process (``additions``); where it finds any, it adds none of its own. An
   entry with tool results begins with an empty text, which is not sent (``_APART``).
3. A user entry without content. With CLAUDE_CODE_RESUME_INTERRUPTED_TURN the CLI takes it for the
   prompt that was left unanswered, and calls the model. Since it says nothing, the API sees exactly the
   messages before it, whatever the last one is: text, images, tool results with or without text after them.
   (Otherwise results at the end get "Continue from where you left off.", and an image at the end gets
   a line that names a file of this host.)
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from towpath.core.canonical import SYSTEM_TEXT, is_reference, result_blocks, unmarked
from towpath.core.reading.request import Message
from towpath.core.to_json import Json

Entry = Json
Additions = Mapping[int, Sequence[Entry]]
"""The CLI's own entries by position: those at k follow the first k messages."""

WITHIN_RESULTS = "withinResults"
"""The key that marks an addition of a live process: if results were given, it is inside the last of them."""

# If an entry begins with a tool result, the CLI puts its reminders into the last result, with a newline after
# the result's own text; after any other entry they follow. It does not send an empty text to the model,
# though it counts one.
_APART = {"type": "text", "text": ""}
# Else the CLI would read "/clear" or "@/etc/passwd" at the start of the newest text as a command.
_VERBATIM = {"queueSkipSlashCommands": True, "queueSkipAttachments": True}


def session_lines(
    session_id: str,
    messages: Sequence[Message],
    additions: Additions,
    *,
    cwd: str,
    model: str,
    version: str,
    timestamp: str,
    is_counted: bool = False,
) -> bytes:
    """The session file of a conversation that waits for its next answer; without messages, of a new one.

    ``timestamp`` is the present in ISO 8601: the CLI does not continue a turn that is too old.
    ``is_counted``: the CLI will only count it, and then adds nothing.
    """
    entries: list[Entry] = [_opening()]
    for position, message in enumerate(messages, start=1):
        added = additions.get(position, ())
        are_apart = not is_counted and not any(WITHIN_RESULTS in entry for entry in added)
        entries.extend(_message_entries(message, position, model, are_apart=are_apart))
        entries.extend(_without(entry, WITHIN_RESULTS) for entry in added)
    if messages:
        entries.append({"type": "user", "message": {"role": "user", "content": []}, **_VERBATIM})
    common = {
        "isSidechain": False,
        "userType": "external",
        "cwd": cwd,
        "sessionId": session_id,
        "version": version,
        "timestamp": timestamp,
    }
    return b"".join(orjson.dumps(entry) + b"\n" for entry in _linked(entries, common))


def _linked(entries: Iterable[Entry], common: Entry) -> Iterable[Entry]:
    parent: str | None = None
    prefix = str(uuid.uuid4())[:-12]  # one for each entry took half of the time that a file takes
    for number, entry in enumerate(entries):
        linked = {**entry, **common, "uuid": f"{prefix}{number:012x}", "parentUuid": parent}
        parent = linked["uuid"]
        yield linked


def _opening() -> Entry:
    return {
        "type": "system",
        "subtype": "informational",
        "content": "Conversation served by Towpath",
        "level": "info",
        "isMeta": False,
    }


def _message_entries(message: Message, position: int, model: str, *, are_apart: bool) -> list[Entry]:
    if message["role"] == "assistant":
        return [_assistant_entry(message, position, model)]
    said = [block for block in message["content"] if block["type"] != SYSTEM_TEXT]
    content = [unmarked(_native_result(block)) for block in said]
    if are_apart and any(block["type"] == "tool_result" for block in said):
        content.insert(0, _APART)
    system = [_system_entry(block["text"]) for block in message["content"] if block["type"] == SYSTEM_TEXT]
    return [{"type": "user", "message": {"role": "user", "content": content}, **_VERBATIM}, *system]


def _system_entry(text: str) -> Entry:
    """A message of role ``system``, in the form in which the CLI writes down those of its own.

    It sends them as such to the models that take them, followed by its own reminders for the same place; for
    other models it puts them in front of what the user says.
    """
    return {
        "type": "attachment",
        "attachment": {"type": "towpath_system_message"},
        "rendered": [{"content": f"<system-reminder>\n{text}\n</system-reminder>"}],
        "renderedRole": "system",
    }


def _assistant_entry(message: Message, position: int, model: str) -> Entry:
    content = [unmarked(block) for block in message["content"]]
    called = any(block["type"] == "tool_use" for block in content)
    return {
        "type": "assistant",
        "message": {
            "id": f"msg_history_{position:06}",
            "type": "message",
            "role": "assistant",
            "model": model,  # the CLI drops the thinking of another model's messages
            "content": content,
            "stop_reason": "tool_use" if called else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        },
    }


def _native_result(block: dict[str, Any]) -> dict[str, Any]:
    """A tool result in exactly the form in which the CLI sends one that came back through a parked call.

    So the bytes of a prefix do not depend on the ways that its requests took. References to tools are left
    out: the CLI would put a sentence of its own there, and the launch has these tools in full.
    """
    if block["type"] != "tool_result":
        return block
    content = [unmarked(item) for item in result_blocks(block) if not is_reference(item)]
    if not block.get("is_error"):
        return {"tool_use_id": block["tool_use_id"], "type": "tool_result", "content": content}
    text = content[0]["text"] if len(content) == 1 and content[0]["type"] == "text" else content
    return {"type": "tool_result", "content": text, "is_error": True, "tool_use_id": block["tool_use_id"]}


def _without(entry: Entry, name: str) -> Entry:
    return {key: value for key, value in entry.items() if key != name}
