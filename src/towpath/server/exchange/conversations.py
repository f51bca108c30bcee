"""Which exchanges belong to one conversation, for a person who watches. No request is served by it.

Either proof will do: the same session served both, or the newer request contains the whole conversation of
the older one (whose tip is among the tips of the newer one's prefixes).
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import TypeVar

from towpath.core.canonical import Tip

_KEPT = 1000
K = TypeVar("K", bound=Hashable)


class Conversations:
    """Numbers conversations from 1. One not seen in the last 1,000 exchanges gets a new number."""

    def __init__(self) -> None:
        self._last = 0
        self._by_tip: OrderedDict[Tip, int] = OrderedDict()
        self._by_session: OrderedDict[int, int] = OrderedDict()

    def begun(self, tips: Sequence[Tip]) -> int:
        """The number for a request, by the tips of all its prefixes, the empty one first.

        A request with one message always begins a conversation, even if the same words were sent before.
        """
        known = (self._by_tip[tip] for tip in reversed(tips[1:]) if tip in self._by_tip)
        number = next(known, None) if len(tips) > 2 else None
        if number is None:
            self._last += 1
            number = self._last
        _keep(self._by_tip, tips[-1], number)
        return number

    def served(self, tips: Sequence[Tip], number: int, session: int) -> int:
        """The number, now that it is known which session serves the request.

        This tells apart two conversations that began with the same words.
        """
        number = self._by_session.get(session, number)
        _keep(self._by_session, session, number)
        _keep(self._by_tip, tips[-1], number)
        return number

    def of_session(self, session: int) -> int | None:
        """The conversation that a session served last; None for a spare."""
        return self._by_session.get(session)


def _keep(numbers: OrderedDict[K, int], key: K, number: int) -> None:
    numbers[key] = number
    numbers.move_to_end(key)
    if len(numbers) > _KEPT:
        numbers.popitem(last=False)
