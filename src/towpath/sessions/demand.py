"""Which launches were used lately, how many spares they deserve, and how soon their calls are answered.

A value with the clock passed in.

A spare is a bet that a conversation of the same kind (client, agent, project) begins soon. Agents reuse
their launches, so the bet is mostly won; with a client that puts something new into each conversation's
launch it is always lost. So a launch that has begun two conversations goes before one that has begun one.
"""

import itertools
import math
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from towpath.core.launch import Launch

# An agent that sends out helpers begins their conversations within moments of each other.
_BURST_SECONDS = 1.0
_LAUNCHES = 32
_BEGINNINGS = 8
_WAITS = 8


@dataclass
class _Use:
    launch: Launch
    number: int
    used: float
    begun: deque[float] = field(default_factory=lambda: deque(maxlen=_BEGINNINGS))
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=_WAITS))

    def burst(self) -> int:
        """How many conversations it has begun at about the same time; 1 if it has begun none."""
        return max((sum(t <= u < t + _BURST_SECONDS for u in self.begun) for t in self.begun), default=1)


class Demand:
    """The launches that were used within ``kept_seconds``, at most 32 of them."""

    def __init__(self, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._uses: OrderedDict[bytes, _Use] = OrderedDict()
        self._numbers = itertools.count()

    def note(self, launch: Launch, now: float, *, begins: bool) -> None:
        """A request with this launch has come; ``begins``: it begins a conversation."""
        if launch.key not in self._uses:
            self._uses[launch.key] = _Use(launch, next(self._numbers), now)
        use = self._uses[launch.key]
        use.used = now
        if begins:
            use.begun.append(now)
        self._uses.move_to_end(launch.key)
        if len(self._uses) > _LAUNCHES:
            self._uses.popitem(last=False)

    def answered(self, launch: Launch, seconds: float) -> None:
        """The results of calls came this many seconds after the calls."""
        if use := self._uses.get(launch.key):
            use.waits.append(seconds)

    def paces(self) -> Mapping[bytes, float]:
        """The longest of the last eight such waits, by launch key."""
        return {key: max(use.waits) for key, use in self._uses.items() if use.waits}

    def forget(self, launch: Launch) -> None:
        """Its spare died on its own: start no other one until the launch is used again."""
        self._uses.pop(launch.key, None)

    def wanted(self, spares: int, now: float, *, without: Set[str] = frozenset()) -> Sequence[Launch]:
        """The launches that deserve a spare, the most deserving first; once more for each further spare.

        ``without``: accesses for which there are none.

        The order changes only when a conversation begins, not with each of its requests: a change may
        cost a process.
        """
        lately = [
            use
            for use in self._uses.values()
            if now - use.used < self._kept_seconds and use.launch.access not in without
        ]
        for use in lately:
            while use.begun and now - use.begun[0] >= self._kept_seconds:
                use.begun.popleft()
        ranked = sorted(lately, key=_merit, reverse=True)
        rounds = range(1, max((use.burst() for use in lately), default=0) + 1)
        return [use.launch for number in rounds for use in ranked if use.burst() >= number][:spares]


def _merit(use: _Use) -> tuple[bool, float, int]:
    return len(use.begun) > 1, use.begun[-1] if use.begun else -math.inf, use.number
