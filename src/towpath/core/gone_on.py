"""Whether a conversation has gone on without the session that is parked in it. A decision over values.

A parked session waits for results. If they come in a request that takes Start, it waits in vain:
the client dropped or moved a text, changed a parameter, or sent an image. The request that is to be started
has one of two signs:

- **surely**: its newest message has the result of a call that the session waits for. The model made that
  id, so this is the client that the session waits for, whatever else of the conversation or of the launch
  has changed. Where several sessions wait for the same id, it is a number that a gateway gives the calls of
  each conversation: then it only counts for what was asked the same, and for one session.
- **perhaps**: it is what the session was asked, longer by one message of the assistant's and one of the
  user's, and it is not known which session made that reply. The client may have put other ids or plain text
  in place of the calls. It may also be another conversation that began with the same words.

A session whose conversation has surely gone on ends at once; where it perhaps has, less is expected of the
session (``sessions.parked_waits``). No sign is a retry, which is as long as what the session was asked; an
undo or an edit, which does not contain that; a conversation that forked off further up; and one with the same
beginning whose reply came from a session that is known. Only parked sessions are judged. An idle one waits
for nothing, and an undo or a fork comes back to exactly where it is.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Protocol, TypeVar

from towpath.core.canonical import Tip
from towpath.core.launch import Launch
from towpath.core.reading.request import Message


class GoneOn(IntEnum):
    """How sure it is that a conversation has gone on elsewhere."""

    NO = 0
    PERHAPS = 1
    SURELY = 2


class Parked(Protocol):
    """What is known of a parked session. ``asked`` is the tip of the conversation that it replied to."""

    @property
    def launch(self) -> Launch: ...
    @property
    def asked(self) -> Tip | None: ...
    @property
    def waiting_for(self) -> frozenset[str]: ...


P = TypeVar("P", bound=Parked)


def gone_on(
    parked: Iterable[P], caller: str, messages: Sequence[Message], tips: Sequence[Tip], *, is_known: bool
) -> dict[P, GoneOn]:
    """The sessions without which a request's conversation goes on, once it is started.

    ``is_known``: a session is known to hold, or to have held, all but the newest message.
    """
    if len(messages) < 3:
        return {}
    own = [session for session in parked if session.launch.caller == caller]
    extended = [session for session in own if session.asked == tips[-3]]
    results = [block["tool_use_id"] for block in messages[-1]["content"] if block["type"] == "tool_result"]
    answered = [session for session in own if not session.waiting_for.isdisjoint(results)]
    if len(answered) > 1:
        answered = [session for session in answered if session in extended]
    if answered:
        return dict.fromkeys(answered, GoneOn.SURELY if len(answered) == 1 else GoneOn.PERHAPS)
    return {} if is_known else dict.fromkeys(extended, GoneOn.PERHAPS)
