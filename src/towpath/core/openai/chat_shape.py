"""What a chat request asks of the form of its answer. Pure."""

from dataclasses import dataclass

from towpath.core.openai.chat_tools import custom_names
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
    """``body``: the client's fields as they could be translated."""
    return Shape(
        usage=bool((body.get("stream_options") or {}).get("include_usage")),
        reasoning=_asks_for_reasoning(body),
        functions=uses_functions(body),
        custom=frozenset(custom_names(body.get("tools") or [])),
    )


def _asks_for_reasoning(body: Json) -> bool:
    kind = (body.get("thinking") or {}).get("type")
    wanted = (body.get("reasoning_effort"), (body.get("reasoning") or {}).get("effort"))
    return any(effort not in (None, "none") for effort in wanted) or kind in ("enabled", "adaptive")
