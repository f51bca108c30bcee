"""What a chat request asks of the form of its answer. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from towpath.core.openai.functions import uses_functions
from towpath.core.to_json import Json


@dataclass(frozen=True)
class Shape:
    """``usage``: a last chunk that has it. ``reasoning``: thinking is shown. ``functions``: a call is a
    ``function_call``, as it was before tools. ``custom``: the tools whose calls have a text.
    """

    usage: bool = False
    reasoning: bool = False
    functions: bool = False
    custom: frozenset[str] = frozenset()


PLAIN = Shape()


def shape_of(body: Json) -> Shape:
    """``body``: the client's fields, which could be translated."""
    return Shape(
        usage=bool((body.get("stream_options") or {}).get("include_usage")),
        reasoning=_asks_for_reasoning(body),
        functions=uses_functions(body),
        custom=frozenset(_custom_names(body.get("tools") or [])),
    )


def _asks_for_reasoning(body: Json) -> bool:
    kind = (body.get("thinking") or {}).get("type")
    return body.get("reasoning_effort") not in (None, "none") or kind in ("enabled", "adaptive")


def _custom_names(tools: list[Any]) -> Iterator[str]:
    return (str(tool["custom"].get("name")) for tool in tools if tool["type"] == "custom")
