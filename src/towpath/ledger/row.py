"""What is kept of an exchange: figures and names, never what was said. Pure."""

import time
from typing import Any

from msgspec import Struct

from towpath.core.usage import count

BOUNDS = (100_000, 200_000)
"""Price lists charge more for prompts of more tokens than this; some models have one of the two bounds."""

HERE, CLAUDE_CODE = "towpath", "claude code"


class Tokens(Struct, frozen=True, kw_only=True):
    """The tokens that are paid for, each kind at a price of its own."""

    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0


class Row(Tokens, frozen=True, kw_only=True):
    """One exchange.

    ``at``: the Unix time at which it began; ``day``: its date on the clock of the server's machine.
    ``client``: the first word of its user agent; ``label``: what the client calls its conversation.
    ``conversation`` tells conversations apart; one that goes on after the server was started again gets
    another. ``tier``: empty for the usual speed. ``band``: how many of BOUNDS its prompt exceeds. ``cause``:
    why the prompt cache did not serve it, ``missed`` how many tokens that were. ``key``: the answer's id at
    the API, by which one that two sources know is counted once.
    """

    at: float
    day: str
    source: str = HERE
    access: str = "default"
    model: str
    tier: str = ""
    band: int = 0
    client: str = ""
    label: str = ""
    conversation: str = ""
    mode: str = ""
    way: str = ""
    reason: str = ""
    outcome: str = "complete"
    status: int = 200
    stop_reason: str = ""
    cause: str = ""
    missed: int = 0
    messages: int = 0
    queue_ms: float | None = None
    first_event_ms: float | None = None
    seconds: float = 0
    key: str = ""


class Reading(Struct, frozen=True):
    """How much of a plan's window was used at a moment, 0 to 1; times in Unix seconds."""

    at: float
    window: str
    used: float
    resets_at: int | None
    access: str = "default"


def figures(usage: Any) -> dict[str, Any]:
    """The fields of a row that an answer's ``usage`` gives: the tokens, their tier and their band."""
    written = count(usage, "cache_creation_input_tokens")
    long = min(written, count(usage, "cache_creation", "ephemeral_1h_input_tokens"))
    new, read = count(usage, "input_tokens"), count(usage, "cache_read_input_tokens")
    return {
        "input": new,
        "cache_write_5m": written - long,
        "cache_write_1h": long,
        "cache_read": read,
        "output": count(usage, "output_tokens"),
        "tier": _tier(usage),
        "band": sum(new + read + written > bound for bound in BOUNDS),
    }


def day_of(at: float) -> str:
    """The date of a moment, on the clock of this machine: 2026-11-28."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def client_of(user_agent: str) -> str:
    """The first word of a user agent, which names a program and its version: opencode/1.0.23."""
    return user_agent.split(maxsplit=1)[0][:60] if user_agent.strip() else ""


def _tier(usage: Any) -> str:
    """``fast``, ``batch`` or ``priority``, which have prices of their own; empty for the usual one."""
    said = usage if isinstance(usage, dict) else {}
    words = (said.get("speed"), said.get("service_tier"))
    return next((word for word in words if isinstance(word, str) and word != "standard"), "")[:20]
