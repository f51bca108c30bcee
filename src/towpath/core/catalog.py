"""The models on offer, in the shapes of the two APIs. Pure.

The CLI says what is offered: the list that it shows its own user, with the ids that it would send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from towpath.core.errors import ApiError, invalid
from towpath.core.models import FAMILIES, resolve_model

_LIFECYCLES = ("active", "deprecated", "retired")
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"  # the API itself writes this for an unknown date
_DEFAULT_LIMIT, _MAX_LIMIT = 20, 1000


@dataclass(frozen=True)
class Offered:
    """A model: its id at the API, the CLI's short name for it, and a name for people."""

    id: str
    alias: str
    display_name: str


def offered(entries: Sequence[Mapping[str, Any]]) -> tuple[Offered, ...]:
    """The models in the CLI's list (``value``, ``resolvedModel``, ``description`` "Opus 5.5 · Best for …").

    Each id once; "default" is one of the others under another name.
    """
    found: dict[str, Offered] = {}
    for entry in entries:
        alias, model_id = (
            str(entry.get("value", "")),
            str(entry.get("resolvedModel") or entry.get("value", "")),
        )
        if alias and alias != "default":
            name = str(entry.get("description", "")).partition(" \u00b7 ")[0] or alias
            found.setdefault(model_id, Offered(model_id, alias, name))
    return tuple(found.values())


class AnthropicModel(Struct, frozen=True, kw_only=True):
    """A model as Anthropic's API describes it; what the CLI does not say is null, as there."""

    type: Literal["model"] = "model"
    id: str
    display_name: str
    created_at: str = _UNKNOWN_DATE
    lifecycle: str = "active"
    line: str | None
    capabilities: None = None
    deprecated_at: None = None
    retires_at: None = None
    max_input_tokens: None = None
    max_tokens: None = None


class AnthropicModels(Struct, frozen=True, kw_only=True):
    """A page of the list, as Anthropic's API has it."""

    data: list[AnthropicModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


class OpenAIModel(Struct, frozen=True, kw_only=True):
    """A model as OpenAI's API describes it."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "anthropic"


class OpenAIModels(Struct, frozen=True, kw_only=True):
    """The whole list, as OpenAI's API has it."""

    object: Literal["list"] = "list"
    data: list[OpenAIModel]


def anthropic_model(model: Offered) -> AnthropicModel:
    line = next((family for family in FAMILIES if family in model.id), None)
    return AnthropicModel(id=model.id, display_name=model.display_name, line=line)


def openai_model(model: Offered) -> OpenAIModel:
    return OpenAIModel(id=model.id)


def anthropic_page(models: Sequence[Offered], query: Mapping[str, Sequence[str]]) -> AnthropicModels:
    """A page of the list. ``query`` has all values of each parameter: limit, after_id, before_id, lifecycle.

    Raises ApiError for an invalid value.
    """
    limit = _limit(query)
    stages = [*query.get("lifecycle", ()), *query.get("lifecycle[]", ())]
    if wrong := [stage for stage in stages if stage not in _LIFECYCLES]:
        raise invalid("lifecycle", f"{wrong[0]!r} is not one of: {', '.join(_LIFECYCLES)}")
    shown = list(models) if not stages or "active" in stages else []
    start, end = 0, len(shown)
    if after := query.get("after_id"):
        start = _place(shown, after[-1], "after_id") + 1
    if before := query.get("before_id"):
        end = _place(shown, before[-1], "before_id")
        start = max(start, end - limit)
    page = shown[start:end][:limit]
    has_more = start > 0 if before else start + len(page) < end
    return AnthropicModels(
        data=[anthropic_model(model) for model in page],
        has_more=has_more,
        first_id=page[0].id if page else None,
        last_id=page[-1].id if page else None,
    )


def find(models: Sequence[Offered], name: str) -> Offered:
    """The model that serves a request for this name, listed or not.

    Raises ApiError (404) if the name means a family of which none is offered.
    """
    for wanted in (name, resolve_model(name)):
        for model in models:
            if wanted in (model.id, model.alias):
                return model
    if wanted in FAMILIES:
        raise ApiError(404, f"model: {name}")
    return Offered(wanted, wanted, wanted)  # sent as it is: the API knows more ids than the CLI lists


def _limit(query: Mapping[str, Sequence[str]]) -> int:
    given = query.get("limit", [str(_DEFAULT_LIMIT)])[-1]
    if not given.isdecimal() or len(given) > len(str(_MAX_LIMIT)) or not 1 <= int(given) <= _MAX_LIMIT:
        raise invalid("limit", f"must be a number from 1 to {_MAX_LIMIT}")
    return int(given)


def _place(models: Sequence[Offered], model_id: str, name: str) -> int:
    for place, model in enumerate(models):
        if model.id == model_id:
            return place
    raise invalid(name, f"{model_id!r} is not in the list")
