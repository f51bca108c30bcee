"""The usage of an answer: what its events say of it, and the figures that can be counted. Pure.

Most APIs write it as documented; some gateways write nulls, texts or negative numbers. A client gets what was
said, but whatever the proxy itself adds up must be a count.
"""

from collections.abc import Mapping
from typing import Any

TOKENS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
"""The kinds of tokens, by the API's names."""

# No answer has a billion tokens: the largest windows hold some millions. The sum of many of these is still a
# number that JSON and the page can hold.
_MOST = 10**9


def merged(usage: Any, later: Any) -> Any:
    """``usage`` and what a later event says of it.

    The usage of message_delta is cumulative. A null there, which the API's own types allow, says nothing,
    and neither does anything but an object.
    """
    if not isinstance(later, Mapping):
        return usage
    known = usage if isinstance(usage, Mapping) else {}
    return {**known, **{name: value for name, value in later.items() if value is not None}}


def count(usage: Any, *path: str) -> int:
    """The figure at a place in a usage; 0 if it is absent or not a count."""
    for name in path:
        usage = usage.get(name) if isinstance(usage, Mapping) else None
    return usage if _is_count(usage) else 0


def tokens(usage: Any) -> dict[str, int]:
    """How many tokens of each kind, as far as it says so."""
    known = usage if isinstance(usage, Mapping) else {}
    return {kind: known[kind] for kind in TOKENS if _is_count(known.get(kind))}


def counts(usage: Any) -> dict[str, Any]:
    """All figures of a usage, those in its objects (``cache_creation``) included, and nothing else."""
    found: dict[str, Any] = {}
    for name, value in usage.items() if isinstance(usage, Mapping) else ():
        if isinstance(value, Mapping):
            found[name] = {key: inner for key, inner in value.items() if _is_count(inner)}
        elif _is_count(value):
            found[name] = value
    return found


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST
