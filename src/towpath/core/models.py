"""Which model a name means, at a given access. Pure.

- An exact id of the access stays as it is.
- Another spelling of a version (of the API, of another provider, of a router) becomes the access's own id of
  that version. It never becomes another version: if the access does not offer it, that is a 404.
- Any other name means the family that it mentions, or sonnet: an alias of the CLI, by which each access
  calls one of its models.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from towpath.core.errors import ApiError
from towpath.core.model_names import FAMILIES, Named, family_of, named, split_million, without_router

DEFAULT_FAMILY = "sonnet"
# Providers with ids of their own. All others take those of the API.
BEDROCK, VERTEX, FOUNDRY = "bedrock", "vertex", "foundry"
CLOUDS = (BEDROCK, VERTEX, FOUNDRY)
GATEWAY, API = "gateway", "firstParty"
_NO = ("", "0", "false", "no", "off")  # as the CLI reads a switch

_API_ID = re.compile(r"claude-\d(?:\.\d)?|claude(?:-[a-z0-9]+)+")
# A gateway alone knows which of these it takes.
_ANY_ID = re.compile(r"(?:(?:[a-z-]+\.)?anthropic\.)?claude-[a-z0-9][a-z0-9.:@_-]*")
_OWN_ID: Mapping[str, re.Pattern[str]] = {
    BEDROCK: re.compile(r"(?:[a-z-]+\.)?anthropic\.claude-[a-z0-9.:-]+"),
    VERTEX: re.compile(r"claude-[a-z0-9-]+@[a-z0-9]+"),
}
_PREFIX = re.compile(r"(?:[a-z-]+\.)?anthropic\.")
# The models whose ids at the clouds have a date. The CLI does not list all that it knows there: with
# Bedrock it lists no Sonnet 4.5. Since 4.6 ids have no date, so the list is complete.
_SNAPSHOTS: Mapping[tuple[str, tuple[int, ...]], str] = {
    ("sonnet", (4,)): "20250514",
    ("opus", (4,)): "20250514",
    ("opus", (4, 1)): "20250805",
    ("sonnet", (4, 5)): "20250929",
    ("haiku", (4, 5)): "20251001",
    ("opus", (4, 5)): "20251101",
}


@dataclass(frozen=True)
class Offer:
    """What an access offers. ``provider``: the CLI's name for it, ``gateway`` where an address was set.

    ``ids`` are those that the CLI lists; none if that is not known, or does not matter. ``families``: the
    ids of those that it lists by the name of a family. ``pinned``: the families for which the operator has
    set the model.
    """

    provider: str = API
    ids: Sequence[str] = ()
    families: Mapping[str, str] = field(default_factory=dict)
    pinned: frozenset[str] = frozenset()


THE_API = Offer()


def without_list(variables: Mapping[str, str]) -> Offer:
    """What is known of an access by its variables, before its CLI has listed anything."""
    pinned = frozenset(
        family for family in FAMILIES if variables.get(f"ANTHROPIC_DEFAULT_{family.upper()}_MODEL")
    )
    clouds = [one for one in CLOUDS if variables.get(f"CLAUDE_CODE_USE_{one.upper()}", "").lower() not in _NO]
    is_elsewhere = bool(variables.get("ANTHROPIC_BASE_URL"))
    return Offer(clouds[0] if clouds else GATEWAY if is_elsewhere else API, pinned=pinned)


def resolve_model(name: str, offer: Offer = THE_API) -> str:
    """What to start the CLI with for a name. Raises ApiError (404) if the access has not what it means."""
    plain = name.strip()
    if plain in offer.ids or plain.startswith("arn:"):
        return plain
    bare, million = split_million(without_router(plain))
    meant = named(bare)
    is_unchanged = bare == split_million(plain)[0]
    if bare in offer.ids or _is_own_id(bare, meant, offer.provider, is_unchanged=is_unchanged):
        return bare + million
    if meant is None:
        return _without_version(name, bare, offer) + million
    if meant.rest:
        raise _not_offered(name, offer)
    if offer.provider not in CLOUDS:
        return _api_id(meant) + million
    if not offer.ids:  # the CLI has not said: let the provider judge what is no snapshot that is known
        return (_snapshot(meant, offer) or bare) + million
    if found := _listed(meant, offer) or _snapshot(meant, offer):
        return found + million
    raise _not_offered(name, offer)


def _without_version(name: str, bare: str, offer: Offer) -> str:
    """The family that is meant; or an id of a form that is not known yet, which may be one of the API's."""
    if bare.startswith("claude-") and any(map(str.isdigit, bare)):
        if offer.provider in CLOUDS or not _API_ID.fullmatch(bare):
            raise _not_offered(name, offer)
        return bare
    family = family_of(bare) or DEFAULT_FAMILY
    return offer.families.get(family, family)


def _is_own_id(bare: str, meant: Named | None, provider: str, *, is_unchanged: bool) -> bool:
    """Whether it has the form of the access's own ids, so that the access is to say whether it exists.

    ``is_unchanged``: it is as the client wrote it, without a router's name.
    """
    if provider in CLOUDS:
        own = _OWN_ID.get(provider)
        return own is not None and own.fullmatch(bare) is not None
    if not is_unchanged or (meant is None and family_of(bare)):
        return False
    if meant and bare.endswith("-latest") and not _is_old(meant):
        return False
    is_gateways = provider == GATEWAY and _ANY_ID.fullmatch(bare) and "." not in _PREFIX.sub("", bare)
    return bool(is_gateways or _API_ID.fullmatch(bare))


def _listed(meant: Named, offer: Offer) -> str | None:
    """The id of a version in the list; of several snapshots the newest."""
    found = {}
    for listed in offer.ids:
        own = split_million(listed)[0]
        if (model := named(own)) and model.is_same_as(meant):
            found[model.date] = own
    return found[max(found)] if found else None


def _snapshot(meant: Named, offer: Offer) -> str | None:
    """The cloud's id of a version that it may have, though the CLI does not list it.

    Where the operator has set the model of a family, only listed ones of that family are offered.
    """
    date = _SNAPSHOTS.get((meant.line, meant.version))
    if date is None or meant.date not in ("", date) or meant.line in offer.pinned:
        return None
    stem = _stem(meant)
    if offer.provider == FOUNDRY:
        return stem
    if offer.provider == VERTEX:
        return f"{stem}@{date}"
    prefixes = [found[0] for own in offer.ids if (found := _PREFIX.match(own))]
    return f"{prefixes[0] if prefixes else 'anthropic.'}{stem}-{date}-v1:0"


def _api_id(meant: Named) -> str:
    stem = _stem(meant)
    if meant.date:
        return f"{stem}-{meant.date}"
    if _is_old(meant):
        return f"{stem}-latest" if meant.line else stem
    return f"{stem}-0" if meant.version == (4,) else stem


def _is_old(meant: Named) -> bool:
    """Up to the third generation the version stood before the line, and the newest was called latest."""
    return meant.version[0] < 4


def _stem(meant: Named) -> str:
    """The id without a date."""
    if not meant.line:
        return f"claude-{'.'.join(map(str, meant.version))}"
    version = "-".join(map(str, meant.version))
    return "-".join(("claude", version, meant.line) if _is_old(meant) else ("claude", meant.line, version))


def _not_offered(name: str, offer: Offer) -> ApiError:
    """The names are those of the access, in one line: a client shows no more of an error."""
    offered = f"it offers {', '.join(offer.ids)}" if offer.ids else "GET /v1/models lists what it offers"
    sentence = f"model: {name}: this access ({offer.provider}) does not offer it; {offered}"
    return ApiError(404, sentence, code="model_not_found")
