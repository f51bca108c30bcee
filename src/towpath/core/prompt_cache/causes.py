"""Why a request did not read what the API's prompt cache held for it.

The API caches prefixes of a prompt in the order tools, system, messages, for 5 minutes or an hour from
their last use; so the first difference is what a request paid for. Here is what a prompt is to the cache,
as digests and never content, and the decision. Earlier prompts are remembered in ``misses``.

According to the API's documentation, a change of tools or model invalidates everything, a change of the
system prompt invalidates system and messages, and one of ``tool_choice``, ``thinking`` or the effort the
messages. We assume that sampling parameters and ``metadata`` do not count, and that betas and any other field
may.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from towpath.core.canonical import unmarked
from towpath.core.launch import Launch
from towpath.core.reading.request import Message
from towpath.core.usage import count

MINUTES_5, HOUR = 300.0, 3600.0
# A cache mark finds an entry at most this many blocks back, its own included. The CLI sets its mark at the
# newest message.
LOOKBACK_BLOCKS = 20
_UNCOUNTED = frozenset(
    {
        *("tools", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences"),
        *("metadata", "service_tier", "inference_geo", "cache_control", "diagnostics"),
    }
)
_PLAIN_NAME = re.compile(r"[a-z0-9_.]{1,60}")


class Cause(StrEnum):
    """What explains a miss, named as in the metric."""

    ACCESS = "access"
    MODEL = "model"
    TOOLS = "tools"
    SYSTEM = "system"
    PARAMETERS = "parameters"
    MESSAGE = "message"
    AGE = "age"
    BLOCKS = "blocks"
    PROCESS = "process"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CacheNote:
    """A miss: its cause, a sentence for a person, and how many ``tokens`` the cache held and did not give."""

    cause: Cause
    sentence: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class CacheUse:
    """What the usage of an answer says of the cache, in tokens; ``prompt`` is all that was sent.

    ``life_seconds``: how long what was written lives; None if nothing was.
    """

    read: int
    written: int
    prompt: int
    life_seconds: float | None

    @property
    def held(self) -> int:
        """What the cache holds of this prompt from now on."""
        return self.read + self.written


def cache_use(usage: Any) -> CacheUse:
    """The figures in a ``usage`` of the API; what is absent is 0."""
    read, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    short, long = (count(usage, "cache_creation", f"ephemeral_{life}_input_tokens") for life in ("5m", "1h"))
    life = (HOUR if long and not short else MINUTES_5) if written else None
    return CacheUse(read, written, read + written + count(usage, "input_tokens"), life)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt by its segments.

    ``parameters`` are those that may count, by name (``thinking.type``). ``messages`` has a number for each
    message, equal for equal ones as long as this process lives; ``blocks`` how many blocks it has.
    ``head_bytes`` is the size of tools and system. ``kind`` is equal for prompts in which all but the
    messages is equal.
    """

    kind: bytes
    access: str
    model: str
    tools: bytes
    system: bytes
    parameters: Mapping[str, bytes]
    head_bytes: int
    messages: Sequence[int]
    blocks: Sequence[int]


def prompt_of(
    launch: Launch,
    messages: Sequence[Message],
    digests: Sequence[bytes],
    *,
    uncounted: Set[str] = _UNCOUNTED,
) -> Prompt:
    """The prompt of a request: its launch, and its messages with their digests.

    ``uncounted`` are the fields of the body that do not change the prompt.
    """
    # As they were sent, without the marks: to the cache, the order of keys in a tool matters.
    agents = [[agent.name, agent.description] for agent in launch.agents]
    tools = orjson.dumps([*map(unmarked, launch.body.get("tools", ())), *agents])
    system = launch.system.encode()
    parameters = {**dict(_parameters(launch.body, uncounted)), "betas": _digest(orjson.dumps(launch.betas))}
    segments = (_digest(tools), _digest(system))
    names = sorted(parameters)
    everything = [
        launch.access.encode(),
        launch.model.encode(),
        *segments,
        *(name.encode() + parameters[name] for name in names),
    ]
    return Prompt(
        kind=_digest(b"\n".join(everything)),
        access=launch.access,
        model=launch.model,
        tools=segments[0],
        system=segments[1],
        parameters=parameters,
        head_bytes=len(tools) + len(system),
        messages=numbered(digests),
        blocks=array("L", [len(message["content"]) for message in messages]),
    )


def numbered(digests: Iterable[bytes]) -> "array[int]":
    """A number for each message, by its digest: equal for equal ones as long as this process lives."""
    return array("q", map(hash, digests))


def changed_segment(before: Prompt, now: Prompt, shared: int) -> CacheNote | None:
    """The first segment that differs, in the order of the cache. ``shared`` messages are equal."""
    if now.access != before.access:
        return CacheNote(Cause.ACCESS, "access changed")
    if now.model != before.model:
        return CacheNote(Cause.MODEL, "model changed")
    if now.tools != before.tools:
        return CacheNote(Cause.TOOLS, "tools changed")
    if now.system != before.system:
        return CacheNote(Cause.SYSTEM, "system changed")
    if names := _changed_names(before.parameters, now.parameters):
        return CacheNote(Cause.PARAMETERS, f"parameters changed: {', '.join(names)}")
    if shared < len(before.messages):
        return CacheNote(Cause.MESSAGE, f"message {shared + 1} changed")
    return None


def too_old(seconds: float, life_seconds: float) -> CacheNote | None:
    """Whether the cache has dropped what was unused for this many seconds."""
    if seconds <= life_seconds:
        return None
    return CacheNote(Cause.AGE, f"older than {'1 hour' if life_seconds == HOUR else '5 minutes'}")


def without_change(added_blocks: int, *, is_start: bool) -> CacheNote:
    """The cause if nothing changed and nothing was too old."""
    if added_blocks >= LOOKBACK_BLOCKS:
        return CacheNote(Cause.BLOCKS, f"{LOOKBACK_BLOCKS} blocks or more since")
    return CacheNote(Cause.PROCESS, "process restarted") if is_start else CacheNote(Cause.UNKNOWN, "unknown")


def _parameters(body: Mapping[str, Any], uncounted: Set[str]) -> Iterator[tuple[str, bytes]]:
    for name, value in body.items():
        if name in uncounted:
            continue
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", _digest(orjson.dumps(inner))) for key, inner in value.items())
        else:
            yield name, _digest(orjson.dumps(value))


def _changed_names(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    # They go into a header, and a client may have written anything.
    return [name if _PLAIN_NAME.fullmatch(name) else "another field" for name in names]


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
