"""What clients of OpenAI's APIs send and the Messages API has no place for, though the answer means the same
without it. Pure.

Anthropic's own translation of that API ignores these hints. They are taken out of a request before it is
translated, and a response header names each. What would change the meaning is not here: the translation
refuses it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEADER = "x-towpath-left-out"
_NOT_IN_HEADERS = re.compile(r"[^\x21-\x2b\x2d-\x7e]")  # and not the comma between two names
_GONE = object()


def _nothing(_value: Any) -> Any:
    return _GONE


@dataclass(frozen=True)
class Hint:
    """A field by its path, in which ``*`` is each element of a list.

    ``unsaid``: values that ask for nothing, which need no mention. ``kept``: what stays of any other value.
    """

    path: str
    unsaid: tuple[Any, ...] = ()
    kept: Callable[[Any], Any] = _nothing

    @property
    def name(self) -> str:
        return self.path.replace(".*", "")


def _at_most_one(value: Any) -> Any:
    return 1 if isinstance(value, int | float) and value > 1 else value


def _with_text(value: Any) -> Any:
    """The stop sequences that are more than white space, which the Messages API refuses."""
    if isinstance(value, str):
        return value if value.strip() else _GONE
    if not isinstance(value, list):
        return value
    kept = [text for text in value if not isinstance(text, str) or text.strip()]
    return value if len(kept) == len(value) else kept or _GONE


_DETAILS = ("auto", "high", "original")  # an image goes to the model as it is
_OF_BOTH = (
    Hint("temperature", kept=_at_most_one),
    Hint("service_tier", ("auto", "default")),
    Hint("top_logprobs", (0,)),
    Hint("prompt_cache_retention", ("in_memory",)),
)
CHAT: Sequence[Hint] = (
    *_OF_BOTH,
    Hint("seed"),
    Hint("logprobs", (False,)),
    Hint("logit_bias", ({},)),
    Hint("frequency_penalty", (0,)),
    Hint("presence_penalty", (0,)),
    Hint("store", (False,)),
    Hint("metadata", ({},)),
    Hint("prediction"),
    Hint("verbosity", ("medium",)),
    Hint("prompt_cache_key"),
    Hint("stop", kept=_with_text),
    Hint("messages.*.name"),
    # The thinking of an answer, without its signature: the API takes none without, and a live session has it.
    Hint("messages.*.reasoning_content", ("",)),
    Hint("messages.*.content.*.image_url.detail", _DETAILS),
    Hint("tools.*.function.strict", (False,)),
)
RESPONSES: Sequence[Hint] = (
    *_OF_BOTH,
    Hint("store", (False,)),
    Hint("include", ([], ["reasoning.encrypted_content"])),  # which is always there
    Hint("truncation", ("disabled",)),
    Hint("max_tool_calls"),  # of tools that OpenAI runs
    Hint("text.verbosity", ("medium",)),
    Hint("input.*.content.*.detail", _DETAILS),
    Hint("input.*.output.*.detail", _DETAILS),
    Hint("tools.*.strict", (False,)),
    Hint("tools.*.defer_loading", (False,)),
    Hint("tools.*.tools.*.strict", (False,)),
    Hint("tools.*.tools.*.defer_loading", (False,)),
)


def leave_out(body: Any, hints: Iterable[Hint]) -> tuple[Any, list[str]]:
    """The body without the hints, and the names of those that said something. Changes nothing in place."""
    names = []
    for hint in hints:
        said = False

        def change(value: Any, hint: Hint = hint) -> Any:
            nonlocal said
            if value is None or value in hint.unsaid:
                return _GONE
            kept = hint.kept(value)
            said = said or kept is not value
            return kept

        body = _changed(body, hint.path.split("."), change)
        if said:
            names.append(hint.name)
    return body, names


def header(names: Iterable[str]) -> Mapping[str, str]:
    """The response header for what was left out."""
    told = ", ".join(_NOT_IN_HEADERS.sub("?", name) for name in dict.fromkeys(names))
    return {HEADER: told} if told else {}


def _changed(value: Any, path: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """The value with what ``change`` makes of the one at that path, or the same object if nothing changed."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if step == "*":
        if not isinstance(value, list):
            return value
        made = [_changed(element, rest, change) for element in value]
        return value if all(new is old for new, old in zip(made, value, strict=True)) else made
    if not isinstance(value, dict) or step not in value:
        return value
    new = _changed(value[step], rest, change)
    if new is value[step]:
        return value
    others = {name: old for name, old in value.items() if name != step}
    return others if new is _GONE else {**others, step: new}
