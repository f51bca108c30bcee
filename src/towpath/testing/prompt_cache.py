"""The API's prompt cache, as far as its documentation says what it does.

Pure but for the clock, which is passed in. A prefix of a prompt (tools, then system, then messages) is kept
where a block has ``cache_control``, for 5 minutes or an hour from its last use, if it is large enough. A
later prompt finds it from a mark of its own, at the mark or up to 19 blocks before it. What it must not know
is who asks, or what is answered. Three things are assumptions, since the documentation is silent:

- The CLI's accounting line (``x-anthropic-billing-header``) is no part of the prompt. It differs with the
  first message of a conversation, and in other releases with each request.
- To read a prefix renews the shorter ones that were kept of it.
- A token has four characters.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from towpath.testing.script import Json

LIFE_SECONDS = {"5m": 300.0, "1h": 3600.0}
# A mark finds what was kept at one of this many blocks, its own included.
LOOKBACK_BLOCKS = 20
_ACCOUNTING = "x-anthropic-billing-header:"
# A change of these leaves the cache of tools and system as it is, and ends that of the messages.
_OF_MESSAGES = ("tool_choice", "thinking", "output_config")
_TOKEN_CHARS = 4


@dataclass
class _Kept:
    life: str
    until: float


@dataclass(frozen=True)
class _Block:
    digest: bytes  # of the prompt up to the end of this block
    tokens: int  # of the same
    mark: str | None


class PromptCache:
    """What prompts have left in the cache. ``smallest_tokens``: a shorter prefix is not kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, smallest_tokens: int = 1024) -> None:
        self._clock = clock
        self._smallest = smallest_tokens
        self._kept: dict[bytes, _Kept] = {}

    def usage(self, body: Json) -> Json:
        """The input side of the usage of this request, whose marks are kept from now on."""
        now = self._clock()
        self._kept = {digest: kept for digest, kept in self._kept.items() if kept.until > now}
        blocks = list(_blocks(body))
        marks = [place for place, block in enumerate(blocks) if block.mark]
        found = max((self._found(blocks, mark) for mark in marks), default=-1)
        for block in blocks[: found + 1]:
            if kept := self._kept.get(block.digest):
                kept.until = now + LIFE_SECONDS[kept.life]
        read = done = blocks[found].tokens if found >= 0 else 0
        created = dict.fromkeys(LIFE_SECONDS, 0)
        for block in (blocks[mark] for mark in marks if mark > found):
            if block.mark and block.tokens >= self._smallest:
                self._kept[block.digest] = _Kept(block.mark, now + LIFE_SECONDS[block.mark])
                created[block.mark] += block.tokens - done
                done = block.tokens
        return {
            "input_tokens": blocks[-1].tokens - done,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": done - read,
            "cache_creation": {f"ephemeral_{life}_input_tokens": tokens for life, tokens in created.items()},
        }

    def _found(self, blocks: list[_Block], mark: int) -> int:
        """The place of the longest prefix that a mark finds; -1 if there is none."""
        for place in range(mark, max(mark - LOOKBACK_BLOCKS, -1), -1):
            if blocks[place].digest in self._kept:
                return place
        return -1


def _blocks(body: Json) -> Iterator[_Block]:
    """All blocks of a prompt in the order of the cache."""
    digest, tokens = _digest(b"", body["model"]), 0
    messages = [block for message in body["messages"] for block in _content(message)]
    if mark := body.get("cache_control"):  # automatic caching
        messages[-1] = {**messages[-1], "cache_control": mark}
    tools, system = body.get("tools") or [], _texts(body.get("system") or [])
    for part in (tools, system, messages):
        if part is messages:
            digest = _digest(digest, [body.get(name) for name in _OF_MESSAGES])
        for block in part:
            plain = {name: value for name, value in block.items() if name != "cache_control"}
            digest = _digest(digest, plain)
            tokens += max(1, len(json.dumps(plain, ensure_ascii=False)) // _TOKEN_CHARS)
            mark = block.get("cache_control")
            yield _Block(digest, tokens, mark.get("ttl", "5m") if mark else None)


def _content(message: Json) -> list[Json]:
    return [{"role": message["role"], **block} for block in _texts(message["content"])]


def _texts(content: str | list[Json]) -> list[Json]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [block for block in blocks if not str(block.get("text", "")).startswith(_ACCOUNTING)]


def _digest(before: bytes, value: object) -> bytes:
    return sha256(before + json.dumps(value).encode()).digest()
