"""The session file of a process: written before its CLI starts, and read as the CLI appends to it.

``history_lines`` knows what the entries look like.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.history_lines import WITHIN_RESULTS, Additions, Entry, session_lines
from towpath.agent.private_files import write_private
from towpath.core.launch import Launch
from towpath.core.reading.request import Message

_KEPT_KEYS = ("type", "attachment", "rendered", "renderedRole")


def write_session_file(
    path: Path,
    launch: Launch,
    messages: Sequence[Message],
    additions: Additions,
    *,
    is_counted: bool = False,
) -> None:
    """Write the file, and make the private folder that it lies in. Raises OSError.

    ``is_counted``: the CLI is only to say how large the conversation is.
    """
    path.parent.mkdir(mode=0o700, parents=True)
    lines = session_lines(
        path.stem,
        messages,
        additions,
        cwd=launch.cwd,
        model=launch.model,
        version=BUNDLED_VERSION,
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        is_counted=is_counted,
    )
    write_private(path, lines)


class SessionFileReader:
    """Reads what a CLI has appended to its session file since the last look.

    The CLI writes with some delay, so the place in the file says which exchange an entry belongs to, not the
    time when it is read: the first reply is the first exchange's, and each user entry after a reply begins
    another one. An entry with tool results does so only if these are the client's (``results_count``).
    """

    def __init__(self, path: Path, *, results_count: bool = True) -> None:
        self._path = path
        self._results_count = results_count
        self._offset = path.stat().st_size
        self._exchange = 0
        self._reply_began = False
        self._found: dict[int, list[Entry]] = {}

    @property
    def replies(self) -> int:
        """How many replies the CLI has written down, of those that say anything."""
        return self._exchange + self._reply_began

    def new_additions(self) -> dict[int, list[Entry]]:
        """The attachment entries that have a text, by exchange (0 is the process's first).

        For an exchange that has new ones, all of them so far: the CLI writes them in several goes.
        """
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        grown: set[int] = set()
        for entry in map(orjson.loads, filter(None, complete.splitlines())):
            kind = entry.get("type")
            if kind == "user" and self._reply_began and (self._results_count or not _has_result(entry)):
                self._exchange, self._reply_began = self._exchange + 1, False
            elif kind == "assistant":
                self._reply_began = True
            elif kind == "attachment" and entry.get("rendered"):
                self._found.setdefault(self._exchange, []).append(_kept(entry, is_later=self._exchange > 0))
                grown.add(self._exchange)
        return {exchange: list(self._found[exchange]) for exchange in sorted(grown)}


def last_failure(path: Path) -> dict[str, Any]:
    """The CLI's note of the API error that ended a turn: apiErrorType, requestId, errorDetails; or {}."""
    for line in reversed(path.read_bytes().splitlines()):
        if b'"isApiErrorMessage":true' in line:
            entry: dict[str, Any] = orjson.loads(line)
            return entry
    return {}


def _has_result(entry: Entry) -> bool:
    content = entry["message"]["content"]
    return isinstance(content, list) and any(block["type"] == "tool_result" for block in content)


def _kept(entry: Entry, *, is_later: bool) -> Entry:
    # Only the entries of a process's first exchange are ours, and keep results apart (history).
    mark = {WITHIN_RESULTS: True} if is_later else {}
    return {**{key: entry[key] for key in _KEPT_KEYS if key in entry}, **mark}
