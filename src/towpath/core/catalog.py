"""The models on offer, in the shapes of the two APIs. Pure.

The CLI says what is offered: the list that it shows its own user, with the ids that it would send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from towpath.core.errors import invalid
from towpath.core.model_names import family_of
from towpath.core.models import Offer, resolve_model

_LIFECYCLES = ("active", "deprecated", "retired")
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"  # the API itself writes this for an unknown date
_DEFAULT_LIMIT, _MAX_LIMIT = 20, 1000
_DEFAULT = "default"  # the CLI's own name for the model that it takes without one


@dataclass(frozen=True)
class Offered:
    """A model: its id at the API, the CLI's short name for it, and a name for people."""

    id: str
    alias: str
    display_name: str


def offered(entries: Sequence[Mapping[str, Any]]) -> tuple[Offered, ...]:
    """The models in the CLI's list (``value``, ``resolvedModel``, ``description`` "Opus 5.5 · Best for …").

    Each id once. "default" is mostly one of the others under another name; at some clouds it is a model of
    its own.
    """
    found: dict[str, Offered] = {}
    for entry in sorted(entries, key=lambda entry: entry.get("value") == _DEFAULT):
        alias = str(entry.get("value", ""))
        model_id = str(entry.get("resolvedModel") or alias)
        if model_id and model_id != _DEFAULT:
            name = model_id if alias == _DEFAULT else alias
            words = "" if alias == _DEFAULT else str(entry.get("description", ""))
            found.setdefault(model_id, Offered(model_id, name, words.partition(" \u00b7 ")[0] or name))
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
    return AnthropicModel(id=model.id, display_name=model.display_name, line=family_of(model.id))


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


def find(models: Sequence[Offered], name: str, offer: Offer) -> Offered:
    """The model that serves a request for this name, listed or not. Raises ApiError (404) as such a request.

    The API, and some clouds, know more than the CLI lists: what is not listed is sent as it is.
    """
    wanted = resolve_model(name, offer)
    listed = (model for model in models if wanted in (model.id, model.alias))
    return next(listed, Offered(wanted, wanted, wanted))


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
