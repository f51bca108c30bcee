"""What the CLI adds to a conversation, kept so that it can be given back at the same place.

In the first request of a process the CLI adds reminders of its own (environment, model, date) at the
newest message. A conversation that is started anew each time would have them at another place each
time, and the API's prompt cache of its history would be lost: that is the user's money (invariant 7).
The CLI writes them into its session file as ``attachment`` entries with the text they rendered to, and
repeats such entries, where a file has them, instead of adding new ones.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from towpath.agent.history import WITHIN_RESULTS, Entry
from towpath.core.canonical import Tip, digestible
from towpath.core.launch import Launch

_ENVIRONMENT_KINDS = frozenset({"environment", "model", "date"})
_KEPT_SECONDS = 30 * 24 * 3600
_KEPT_KEYS = ("type", "attachment", "rendered", "renderedRole")


class SessionFileReader:
    """Reads what a CLI has appended to its session file since the last look.

    The CLI writes with some delay, so what belongs to an exchange is told by its place in the file, not
    by when it is read: the first reply is the first exchange's, and each user entry behind a reply
    begins another one; one with tool results only where those are the client's (``results_count``).
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

        Of an exchange that has new ones, all so far: the CLI writes them in several goes.
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


class AdditionStore:
    """The additions of conversations by tip, and the newest ones of each environment.

    The second kind serves a conversation whose first process this proxy never saw (it was restarted, or
    the conversation came from elsewhere): what the CLI said last in the same directory about the same
    model, at the place where a conversation begins. It is kept in ``folder`` over restarts, until nobody has
    written it for a month.

    It reads and writes files: call it from threads, any of them.
    """

    def __init__(self, folder: Path, *, conversations: int = 4000) -> None:
        self._folder = folder
        self._limit = conversations
        self._by_tip: OrderedDict[Tip, Sequence[Entry]] = OrderedDict()
        self._lock = Lock()
        _remove_old(folder)

    def remember(self, launch: Launch, tip: Tip, entries: Sequence[Entry]) -> None:
        """``entries`` were added behind the last message that ``tip`` covers."""
        if not entries:
            return
        environment = [entry for entry in entries if entry["attachment"]["type"] in _ENVIRONMENT_KINDS]
        with self._lock:
            self._by_tip[tip] = entries
            self._by_tip.move_to_end(tip)
            while len(self._by_tip) > self._limit:
                self._by_tip.popitem(last=False)
            if environment:
                self._write_environment(launch, environment)

    def of(self, launch: Launch, tips: Sequence[Tip]) -> dict[int, Sequence[Entry]]:
        """What to give back to a conversation with these tips, by position (see ``history.Additions``)."""
        with self._lock:
            known = {k: self._by_tip[tip] for k, tip in enumerate(tips) if tip in self._by_tip}
        if not known and len(tips) > 2:
            # A conversation of one message gets fresh ones at the same place from the CLI itself.
            entries = self._read(self._environment_file(launch))
            return {1: entries} if entries else {}
        return known

    def _write_environment(self, launch: Launch, entries: Sequence[Entry]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._environment_file(launch)
        new = file.with_suffix(".new")
        new.write_bytes(orjson.dumps(entries))
        new.replace(file)

    def _environment_file(self, launch: Launch) -> Path:
        facts = blake2b(digestible([launch.cwd, launch.model]), digest_size=12)
        return self._folder / f"{facts.hexdigest()}.json"

    @staticmethod
    def _read(path: Path) -> list[Entry]:
        try:
            entries = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return []  # none yet, or spoiled: the CLI adds its own
        return entries if isinstance(entries, list) else []


def _remove_old(folder: Path) -> None:
    oldest = time.time() - _KEPT_SECONDS
    for file in folder.glob("*.json"):
        with suppress(OSError):  # another proxy was faster, or it is not ours to remove
            if file.stat().st_mtime < oldest:
                file.unlink()
