"""The messages that were in recent requests, by the very bytes that the client wrote.

Equal bytes are the proof: a dictionary compares them, however their hashes fall. Must not know what a
message means. Bounded by what it occupies, not by a count: a message is 100 bytes or 10 million.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from sys import getsizeof
from threading import Lock
from typing import Any

from towpath.core.checked import CheckedMessage

# Measured: a conversation of 5.4 MB occupies 9 MB.
MEMO_BYTES = 64 * 1024 * 1024
# One message may not push out all others.
_LARGEST_SHARE = 4
# The value itself and its place in the dictionary.
_ENTRY_BYTES = 200


class MessageMemo:
    """Keeps messages up to ``budget`` bytes; those that no request held for the longest time leave first.

    Each call is safe from any thread, and short.
    """

    def __init__(self, budget: int = MEMO_BYTES) -> None:
        self._budget = budget
        self._known: OrderedDict[bytes, tuple[CheckedMessage, int]] = OrderedDict()
        self._lock = Lock()
        self.occupied = 0

    def find(self, sources: Iterable[bytes]) -> list[CheckedMessage | bytes]:
        """What is known of each of these; where nothing is, its bytes."""
        found: list[CheckedMessage | bytes] = []
        with self._lock:
            for source in sources:
                entry = self._known.get(source)
                if entry is None:
                    found.append(source)
                else:
                    found.append(entry[0])
                    self._known.move_to_end(entry[0].source)  # the key itself: no bytes are compared again
        return found

    def keep(self, messages: Sequence[CheckedMessage]) -> None:
        """Keep these for the requests to come."""
        largest = self._budget // _LARGEST_SHARE
        sizes = [occupied_bytes(message, largest) for message in messages]
        with self._lock:
            for message, size in zip(messages, sizes, strict=True):
                if size <= largest and message.source not in self._known:
                    self._known[message.source] = message, size
                    self.occupied += size
            while self.occupied > self._budget:
                self.occupied -= self._known.popitem(last=False)[1][1]


def occupied_bytes(message: CheckedMessage, limit: int) -> int:
    """What a message occupies, all its values counted; beyond ``limit`` not to the end.

    Lists of nothing take 20 times what they take as JSON, a text with an emoji 6 times. What values share
    (the names of their fields) is charged to each, which makes a short message half as large again.
    """
    total = _ENTRY_BYTES + getsizeof(message.source)
    rest: list[Any] = [message.message, message.block_digests, message.call_ids]
    while rest and total <= limit:
        value = rest.pop()
        kind = type(value)
        total += getsizeof(value)
        if kind is dict:
            total += sum(map(getsizeof, value))
            rest += value.values()
        elif kind is list or kind is tuple:
            rest += value
    return total
