"""What clients of OpenAI's APIs send and the Messages API has no place for, though the answer means the same
without it. Pure.

Anthropic's own translation of that API ignores these hints. They are taken out of a request before it is
translated, and a response header names each. What would change the meaning is not here: the translation
refuses it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

HEADER = "x-towpath-left-out"
_NOT_IN_HEADERS = re.compile(r"[^\x21-\x2b\x2d-\x7e]")  # and not the comma between two names
_NAMES, _NAME_CHARS = 40, 80  # they are the client's own, of any number and length
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
        """As the response header has it."""
        return self.path.replace(".*", "")

    @property
    def is_named(self) -> bool:
        """False if only values that ask for nothing are left out."""
        return self.kept is not _whole


def _whole(value: Any) -> Any:
    return value


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


def _shown(summary: Any) -> Any:
    return "detailed" if summary == "concise" else summary


_DETAILS = ("auto", "high", "original")  # an image goes to the model as it is
_OF_TOOLS: Sequence[tuple[str, tuple[Any, ...]]] = (
    ("strict", (False,)),
    ("defer_loading", (False,)),
    ("output_schema", ()),
    ("allowed_callers", (["direct"],)),
)
_OF_BOTH = (
    Hint("temperature", kept=_at_most_one),
    Hint("service_tier", ("auto", "default")),
    Hint("top_logprobs", (0,)),
    Hint("prompt_cache_retention", ("in_memory",)),
    Hint("prompt_cache_options"),
    Hint("moderation"),
    Hint("top_p", (1,), kept=_whole),  # all of the words are possible
    # Of other servers of these APIs.
    *(Hint(name) for name in ("min_p", "top_a", "repetition_penalty")),
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
    *(
        Hint(f"messages.*.{name}", ("", []))
        for name in ("reasoning_content", "reasoning", "reasoning_details")
    ),
    Hint("messages.*.annotations", ([],)),
    Hint("web_search_options"),
    Hint("messages.*.content.*.prompt_cache_breakpoint"),
    Hint("messages.*.content.*.image_url.detail", _DETAILS),
    Hint("tools.*.function.strict", (False,)),
)
RESPONSES: Sequence[Hint] = (
    *_OF_BOTH,
    Hint("store", (False,)),
    Hint("include", ([], ["reasoning.encrypted_content"])),  # which is always there
    Hint("truncation", ("disabled",)),
    Hint("max_tool_calls"),  # of tools that OpenAI runs
    Hint("context_management", ([],)),
    Hint("access_programs"),
    Hint("request_country"),
    Hint("text.verbosity", ("medium",)),
    Hint("reasoning.summary", kept=_shown),
    Hint("reasoning.generate_summary"),  # the older name
    Hint("reasoning.context", ("auto",)),
    Hint("reasoning.mode", ("standard",)),
    *(Hint(f"input.*.{where}.*.detail", _DETAILS) for where in ("content", "output")),
    *(Hint(f"input.*.{where}.*.prompt_cache_breakpoint") for where in ("content", "output")),
    *(Hint(f"input.*.content.*.{name}", ([],)) for name in ("annotations", "logprobs")),
    *(
        Hint(f"{where}.*.{name}", unsaid)
        for where in ("tools", "tools.*.tools", "input.*.tools", "input.*.tools.*.tools")
        for name, unsaid in _OF_TOOLS
    ),
    Hint("tools.*.search_context_size", ("medium",)),
    *(Hint(f"{where}.*.async", (False,), kept=_whole) for where in ("tools", "tools.*.tools")),
)


def leave_out(body: Any, hints: Iterable[Hint]) -> tuple[Any, list[str]]:
    """The body without the hints, and the names of those that said something. Changes nothing in place."""
    body, names = _with_one_user(body)
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


def _with_one_user(body: Any) -> tuple[Any, list[str]]:
    """``safety_identifier`` is the newer name of ``user``; the Messages API takes one such id."""
    fields = body if isinstance(body, dict) else {}
    older, newer = fields.get("user"), fields.get("safety_identifier")
    if older is None or newer is None:
        return body, []
    return {name: value for name, value in fields.items() if name != "user"}, [
        "user"
    ] if older != newer else []


def header(names: Iterable[str]) -> Mapping[str, str]:
    """The response header for what was left out."""
    each = (_NOT_IN_HEADERS.sub("?", name[:_NAME_CHARS]) for name in islice(dict.fromkeys(names), _NAMES))
    told = ", ".join(each)
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
