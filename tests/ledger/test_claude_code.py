"""Rows out of what Claude Code wrote of its own sessions."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from towpath.ledger.claude_code import rows_in, session_files
from towpath.ledger.row import CLAUDE_CODE, Row

USAGE = {"input_tokens": 3, "cache_read_input_tokens": 9, "output_tokens": 2, "service_tier": "standard"}


def line(message_id: str = "msg_1", **changes: Any) -> bytes:
    """A line of a session as Claude Code 2.1 writes it, with changes to its message."""
    message = {
        "model": "claude-opus-5-5",
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "SECRET"}],
        "stop_reason": None,
        "usage": USAGE,
    }
    entry = {
        "parentUuid": None,
        "isSidechain": False,
        "cwd": "/work",
        "sessionId": "3b",
        "version": "2.1.332",
        "type": "assistant",
        "requestId": "req_1",
        "uuid": "u",
        "timestamp": "2026-11-28T10:00:00.000Z",
        "message": {**message, **changes},
    }
    return orjson.dumps(entry) + b"\n"


def test_an_answer_is_one_row_with_its_last_usage(tmp_path: Path) -> None:
    file = tmp_path / "projects" / "-work" / "3b.jsonl"
    file.parent.mkdir(parents=True)
    user = b'{"type":"user","message":{"role":"user","content":"\\"usage\\""},"timestamp":"2026"}\n'
    final = line(usage={**USAGE, "output_tokens": 40}, stop_reason="tool_use")
    file.write_bytes(user + line() + final + line("msg_2"))
    (found,) = session_files(tmp_path)
    at = datetime.fromisoformat("2026-11-28T10:00:00+00:00")

    assert rows_in(found) == [
        Row(
            at=at.timestamp(),
            day=at.astimezone().strftime("%Y-%m-%d"),
            source=CLAUDE_CODE,
            model="claude-opus-5-5",
            client="claude-cli/2.1.332",
            conversation="3b",
            stop_reason=stop_reason,
            key=key,
            input=3,
            cache_read=9,
            output=output,
        )
        for key, output, stop_reason in (("msg_1", 40, "tool_use"), ("msg_2", 2, ""))
    ]
    assert "SECRET" not in str(rows_in(found))


def test_what_is_no_answer_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "3b.jsonl"
    file.write_bytes(
        line(model="<synthetic>")
        + b'{"usage": \n'
        + b'"usage"\n'
        + b'{"type": "assistant", "usage": 1, "message": null, "timestamp": "2026-11-28T10:00:00Z"}\n'
        + b'{"type": "assistant", "usage": 1, "message": {}, "timestamp": 7}\n'
        + b"\xff\xfe usage\n"
        + line("msg_3")
    )

    assert [one.key for one in rows_in(file)] == ["msg_3"]


def test_odd_usage_is_counted_as_far_as_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / "3b.jsonl"
    file.write_bytes(line(usage={"input_tokens": "7", "output_tokens": -1, "cache_creation": []}))

    (found,) = rows_in(file)

    assert (found.input, found.output, found.band) == (0, 0, 0)
