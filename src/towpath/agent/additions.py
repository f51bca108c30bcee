"""What the CLI adds to a conversation, kept so that it can be given back at the same place.

In the first request of a process the CLI adds reminders of its own (environment, model, date) at the
newest message. A conversation that gets a new process for each request would have them at a different place
each time, and the API's prompt cache of its history would be lost: that is the user's money.
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

import orjson

from towpath.agent.history_lines import Entry
from towpath.agent.private_files import write_private
from towpath.core.canonical import Tip, digestible
from towpath.core.launch import Launch

_ENVIRONMENT_KINDS = frozenset({"environment", "model", "date"})
_KEPT_SECONDS = 30 * 24 * 3600


class AdditionStore:
    """The additions of conversations by tip, and the newest ones of each environment.

    The second kind is for a conversation whose first process this proxy never saw (it was restarted, or
    the conversation came from elsewhere): what the CLI last said in the same directory about the same
    model, at the place where a conversation begins. It is kept in ``folder`` over restarts, until nobody has
    written it for a month.

    It reads and writes files: call it in threads; several may at once.
    """

    def __init__(self, folder: Path, *, conversations: int = 4000) -> None:
        self._folder = folder
        self._limit = conversations
        self._by_tip: OrderedDict[Tip, Sequence[Entry]] = OrderedDict()
        self._lock = Lock()
        _remove_old(folder)

    def remember(self, launch: Launch, tip: Tip, entries: Sequence[Entry]) -> None:
        """``entries`` were added after the last message that ``tip`` covers."""
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
        write_private(new, orjson.dumps(entries))
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
