"""The messages that were in recent requests, by the very bytes that the client wrote.

Equal bytes are the proof: a dictionary compares them, whatever their hashes are. Must not know what a
message means. Bounded by size, not by count: a message may have 100 bytes or 10 million.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from towpath.core.reading.message import CheckedMessage

# Measured: a conversation of 5.4 MB occupies 9 MB.
MEMO_BYTES = 64 * 1024 * 1024
# One message must not push out all others.
_LARGEST_SHARE = 4


class MessageMemo:
    """Keeps messages up to ``budget`` bytes; those that no request has used for longest go first.

    ``lookups`` counts the requests that looked for theirs. Each call is safe from any thread, and short.
    """

    def __init__(self, budget: int = MEMO_BYTES) -> None:
        self._budget = budget
        self._known: OrderedDict[bytes, CheckedMessage] = OrderedDict()
        self._lock = Lock()
        self.size_bytes = 0
        self.lookups = 0

    def find(self, sources: Iterable[bytes]) -> list[CheckedMessage | bytes]:
        """For each of these, the known message, or else its bytes."""
        found: list[CheckedMessage | bytes] = []
        with self._lock:
            self.lookups += 1
            for source in sources:
                entry = self._known.get(source)
                if entry is None:
                    found.append(source)
                else:
                    found.append(entry)
                    self._known.move_to_end(entry.source)  # the key itself: no bytes are compared again
        return found

    def keep(self, messages: Sequence[CheckedMessage]) -> None:
        """Keep these for the requests to come."""
        largest = self._budget // _LARGEST_SHARE
        with self._lock:
            for message in messages:
                if message.size_bytes <= largest and message.source not in self._known:
                    self._known[message.source] = message
                    self.size_bytes += message.size_bytes
            while self.size_bytes > self._budget:
                self.size_bytes -= self._known.popitem(last=False)[1].size_bytes

    def forget(self) -> None:
        """Keep nothing of what is known so far."""
        with self._lock:
            self._known.clear()
            self.size_bytes = 0
