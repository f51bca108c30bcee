"""What is remembered of earlier prompts, so that a miss of the cache can be explained.

Digests and figures, no content; bounded by a count of conversations and by their size. A clock is passed
in. Messages alone decide which earlier prompt a new one with two messages or more is compared with:

1. the longest one that the new one continues, message for message, if it is of the same kind (model, tools,
   system, parameters);
2. else the one that shares the most messages, those of the same kind first;
3. else one of the same kind whose second and third messages are the new one's: this finds a
   changed first message.

The first request of a conversation is compared with none: another agent may begin with the same words. A miss
is only reported if its tools and system prompt should have been read, since others of its kind had them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from towpath.core.prompt_cache.causes import (
    MINUTES_5,
    CacheNote,
    CacheUse,
    Prompt,
    changed_segment,
    too_old,
    without_change,
)

# The API does not keep short prefixes: fewer than 512 to 4,096 tokens, depending on the model. This many
# bytes are always enough, at six to a token.
_SURELY_KEPT_BYTES = 24 * 1024
# What one conversation occupies without its messages, and what each message and parameter adds.
_OWN_BYTES, _MESSAGE_BYTES, _PARAMETER_BYTES = 1000, 16, 200


@dataclass(slots=True, eq=False)
class _Seen:
    prompt: Prompt
    held: int
    at: float
    life_seconds: float


@dataclass(slots=True)
class _Kind:
    at: float
    life_seconds: float
    is_kept: bool  # tools and system are known to be in the cache


class CacheMemory:
    """The newest prompt of each recent conversation."""

    def __init__(self, *, conversations: int = 256, budget_bytes: int = 4 * 1024 * 1024) -> None:
        self._limit = conversations
        self._budget = budget_bytes
        self._seen: list[_Seen] = []  # the newest last
        self._kinds: OrderedDict[bytes, _Kind] = OrderedDict()
        self.size_bytes = 0

    def note(
        self, prompt: Prompt, use: CacheUse, *, sent_at: float, now: float, is_start: bool
    ) -> CacheNote | None:
        """What to say about the cache, or None if it was read as it should be; remembers the prompt.

        ``sent_at`` and ``now`` are in seconds: when the prompt was sent, and when its answer began; a
        prompt can be read from then on. ``is_start``: a process started with its history.
        """
        before = self._nearest(prompt) if len(prompt.messages) > 1 else None
        if before is None:
            note = self._of_first(prompt, use, sent_at)
        else:
            note = _of_next(before, prompt, use, sent_at=sent_at, is_start=is_start)
        self._remember(prompt, use, now)
        return note

    def _nearest(self, prompt: Prompt) -> _Seen | None:
        new, kind = prompt.messages, prompt.kind
        continued, length = None, 0
        for seen in self._seen:
            size = len(seen.prompt.messages)
            is_better = size > length or (size == length and seen.prompt.kind == kind)
            if is_better and _begins_with(new, seen.prompt.messages):
                continued, length = seen, size
        if continued and continued.prompt.kind == kind:
            return continued
        nearest, least = None, length or 1
        for seen in reversed(self._seen):
            old = seen.prompt.messages
            if old[:least] != new[:least]:
                continue
            shared = shared_messages(old, new)
            if nearest is None or shared > least or seen.prompt.kind == kind != nearest.prompt.kind:
                nearest, least = seen, shared
        return nearest or self._with_other_first(prompt)

    def _with_other_first(self, prompt: Prompt) -> _Seen | None:
        pair, kind = prompt.messages[1:3], prompt.kind
        if len(pair) < 2:
            return None
        alike = (seen for seen in reversed(self._seen) if seen.prompt.messages[1:3] == pair)
        return next((seen for seen in alike if seen.prompt.kind == kind), None)

    def _of_first(self, prompt: Prompt, use: CacheUse, sent_at: float) -> CacheNote | None:
        kind = self._kinds.get(prompt.kind)
        if use.read or kind is None or not kind.is_kept or kind.at > sent_at:
            return None
        return too_old(sent_at - kind.at, kind.life_seconds) or without_change(0, is_start=False)

    def _remember(self, prompt: Prompt, use: CacheUse, now: float) -> None:
        before = max(
            (seen for seen in self._seen if _goes_on(seen.prompt, prompt)),
            key=lambda seen: len(seen.prompt.messages),
            default=None,
        )
        self._remember_kind(prompt, use, now, is_first=before is None and len(prompt.messages) == 1)
        if before:
            self._seen.remove(before)
            self.size_bytes -= _size_bytes(before.prompt)
        life = use.life_seconds or (before.life_seconds if before else MINUTES_5)
        self._seen.append(_Seen(prompt, use.held, now, life))
        self.size_bytes += _size_bytes(prompt)
        while len(self._seen) > self._limit or self.size_bytes > self._budget:
            self.size_bytes -= _size_bytes(self._seen.pop(0).prompt)

    def _remember_kind(self, prompt: Prompt, use: CacheUse, now: float, *, is_first: bool) -> None:
        known = self._kinds.pop(prompt.kind, None)
        is_large = use.held > 0 and prompt.head_bytes >= _SURELY_KEPT_BYTES
        was_read = (
            use.read > 0 and is_first
        )  # a message that was never sent before, so what was read is the rest
        self._kinds[prompt.kind] = _Kind(
            at=now,
            life_seconds=use.life_seconds or (known.life_seconds if known else MINUTES_5),
            is_kept=is_large or was_read or (known is not None and known.is_kept),
        )
        if len(self._kinds) > self._limit:
            self._kinds.popitem(last=False)


def _of_next(
    before: _Seen, prompt: Prompt, use: CacheUse, *, sent_at: float, is_start: bool
) -> CacheNote | None:
    old, new = before.prompt.messages, prompt.messages
    shared = shared_messages(old, new)
    if use.read >= before.held or before.at > sent_at:
        return None
    if shared == len(new) < len(old):
        return None  # only shorter than before: how much of it was kept is not known
    note = (
        changed_segment(before.prompt, prompt, shared)
        or too_old(sent_at - before.at, before.life_seconds)
        or without_change(sum(prompt.blocks[shared:]), is_start=is_start)
    )
    return replace(note, tokens=before.held - use.read)


def _goes_on(old: Prompt, new: Prompt) -> bool:
    """Whether the new prompt can replace the old one."""
    return _begins_with(new.messages, old.messages) and old.kind == new.kind


def _begins_with(new: Sequence[int], old: Sequence[int]) -> bool:
    return len(old) <= len(new) and new[: len(old)] == old


def shared_messages(one: Sequence[int], other: Sequence[int]) -> int:
    """With how many equal messages both begin."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _size_bytes(prompt: Prompt) -> int:
    names = sum(map(len, prompt.parameters)) + _PARAMETER_BYTES * len(prompt.parameters)
    return _OWN_BYTES + _MESSAGE_BYTES * len(prompt.messages) + names
