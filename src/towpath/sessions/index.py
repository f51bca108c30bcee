"""Sessions by the conversation that they hold, in one dictionary; and why those are gone that held one."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, Protocol, TypeVar

from towpath.core.canonical import Tip
from towpath.core.life import State

# When more than this many have ended since, a conversation that comes back is told less.
_ENDED = 1000


class IndexedSession(Hashable, Protocol):
    """What the index needs to know of a session. ``ended_for`` says why it ended, if somebody ended it."""

    @property
    def tip(self) -> Tip | None: ...
    @property
    def state(self) -> State: ...
    @property
    def ended_for(self) -> str: ...


H = TypeVar("H", bound=IndexedSession)


class Index(Generic[H]):
    """Knows which sessions hold a conversation, if it is told of each change of a session's tip."""

    def __init__(self) -> None:
        self._tips: dict[H, Tip] = {}
        self._holders: dict[Tip, list[H]] = {}
        self._ended: OrderedDict[Tip, str] = OrderedDict()

    def note(self, session: H) -> None:
        """The session has another tip than before, or none, or has ended."""
        left = self._tips.pop(session, None)
        if left is not None:
            self._holders[left].remove(session)
            if not self._holders[left]:
                del self._holders[left]
            if session.state is State.CLOSED:
                self._remember(left, session.ended_for or "its process died")
        if session.tip is not None:
            self._tips[session] = session.tip
            self._holders.setdefault(session.tip, []).append(session)

    def holders(self, tip: Tip) -> Sequence[H]:
        """The sessions that hold exactly this conversation, the first to hold it first."""
        return self._holders.get(tip, ())

    def ended(self, tip: Tip) -> str:
        """Why the session ended that held this conversation last; empty if none is known."""
        return self._ended.get(tip, "")

    def _remember(self, tip: Tip, why: str) -> None:
        self._ended[tip] = why
        self._ended.move_to_end(tip)
        if len(self._ended) > _ENDED:
            self._ended.popitem(last=False)
