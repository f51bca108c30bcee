"""Rows out of what Claude Code wrote of its own sessions: ``projects/**/*.jsonl`` in its configuration.

Each answer is in there as lines of type assistant, one for each of its blocks, all with the answer's id; the
last one has the final usage. A session that was branched repeats lines of the one that it came from.
Nothing but names, times and figures is taken out.
"""

from datetime import datetime
from pathlib import Path

import orjson

from towpath.ledger.row import CLAUDE_CODE, Row, day_of, figures


def session_files(config: Path) -> list[Path]:
    """The files of all sessions in a configuration folder."""
    return sorted((config / "projects").rglob("*.jsonl"))


def rows_in(file: Path) -> list[Row]:
    """A row for each answer in a session's file. Lines that say nothing of one are passed over.

    Raises OSError.
    """
    found: dict[str, Row] = {}
    with file.open("rb") as lines:
        for line in lines:
            if b'"usage"' in line and (row := _row(line)):
                found[row.key] = row
    return list(found.values())


def _row(line: bytes) -> Row | None:
    try:
        entry = orjson.loads(line)
        message, at = entry["message"], datetime.fromisoformat(entry["timestamp"]).timestamp()
        if entry["type"] != "assistant" or message["model"] == "<synthetic>":
            return None
        return Row(
            at=at,
            day=day_of(at),
            source=CLAUDE_CODE,
            model=message["model"],
            client=f"claude-cli/{entry.get('version', '')}".rstrip("/"),
            conversation=entry["sessionId"],
            stop_reason=message.get("stop_reason") or "",
            key=message["id"],
            **figures(message.get("usage")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
