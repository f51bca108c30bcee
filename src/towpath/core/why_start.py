"""Why no session holds a conversation: what differs from the nearest one that some session holds.

For the author of a client each of whose steps is a start. Differences are named in the order and the words of
the notes on the prompt cache (``prompt_cache.causes``). Other callers' sessions are private and not compared.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from towpath.core.launch import Launch
from towpath.core.prompt_cache.causes import changed_segment, prompt_of
from towpath.core.prompt_cache.misses import shared_messages

# All else in a body is fixed when a process starts. Tools are compared on their own, without their marks.
_NO_PARAMETERS = frozenset({"tools", "cache_control"})


class Holder(Protocol):
    """What is compared of a session. ``numbers``: of the messages that it holds (``causes.numbered``)."""

    @property
    def launch(self) -> Launch: ...
    @property
    def numbers(self) -> Sequence[int]: ...


def difference(holders: Iterable[Holder], launch: Launch, numbers: Sequence[int]) -> str:
    """What differs from the nearest of these; empty if none has the launch or the first message.

    ``numbers`` are those of the messages before the newest.
    """

    def nearness(holder: Holder) -> tuple[int, bool]:
        return shared_messages(holder.numbers, numbers), holder.launch.key == launch.key

    own = [one for one in holders if one.launch.caller == launch.caller and one.numbers]
    nearest = max(own, key=nearness, default=None)
    if nearest is None or nearness(nearest) == (0, False):
        return ""
    found = [_other_launch(nearest.launch, launch), _other_messages(nearest.numbers, numbers)]
    return "; ".join(filter(None, found))


def _other_launch(held: Launch, asked: Launch) -> str:
    if held.key == asked.key:
        return ""
    before, now = (prompt_of(launch, (), (), uncounted=_NO_PARAMETERS) for launch in (held, asked))
    if note := changed_segment(before, now, 0):
        return note.sentence
    if held.mode != asked.mode:
        return "mode changed"
    if held.via != asked.via:
        return "it came through other servers"
    return "cache life changed" if held.cache_hour != asked.cache_hour else "working directory changed"


def _other_messages(held: Sequence[int], asked: Sequence[int]) -> str:
    shared = shared_messages(held, asked)
    if shared < min(len(held), len(asked)):
        return f"message {shared + 1} changed"
    if len(held) > len(asked):
        return "the session that held it has gone on"
    if len(held) < len(asked):
        return f"a session holds its first {f'{shared} messages' if shared > 1 else 'message'}"
    return ""
