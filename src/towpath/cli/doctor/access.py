"""Each access: where it leads, who is logged in there as far as the CLI says it, and what it calls opus,
sonnet and haiku. No model is asked, and no credential is read."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from towpath.agent.accesses import Access
from towpath.agent.bundled_cli import AuthStatus, auth_status
from towpath.agent.default_models import for_listing
from towpath.cli.doctor.addresses import shown
from towpath.cli.doctor.findings import Check, Finding, ok, problem, skipped, warning
from towpath.cli.doctor.program import login_command
from towpath.core.accesses import DEFAULT, AccessesError
from towpath.core.catalog import offered
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.model_names import FAMILIES
from towpath.core.models import CLOUDS, Offer, resolve_model, without_list
from towpath.server.upstream.accesses import accesses_of
from towpath.settings import Settings

_PINNED = ("opus", "sonnet", "haiku")
_NAMES = {
    "bedrock": "Amazon Bedrock",
    "vertex": "Google Vertex AI",
    "foundry": "Microsoft Foundry",
    "gateway": "the gateway",
    "firstParty": "Anthropic's API",
}
# What says where each leads, and as whom: the first of each group that is set.
_PLACES: Mapping[str, Sequence[tuple[str, ...]]] = {
    "bedrock": [("AWS_REGION", "AWS_DEFAULT_REGION"), ("AWS_PROFILE",)],
    "vertex": [("CLOUD_ML_REGION",), ("ANTHROPIC_VERTEX_PROJECT_ID",)],
    "foundry": [("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL")],
    "gateway": [("ANTHROPIC_BASE_URL",)],
    "firstParty": [("CLAUDE_CONFIG_DIR",)],
}
# Only the names are told. Without any of them the CLI finds what the cloud's own program has left.
_CREDENTIALS: Mapping[str, Sequence[str]] = {
    "bedrock": ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID"),
    "vertex": ("GOOGLE_APPLICATION_CREDENTIALS",),
    "foundry": ("ANTHROPIC_FOUNDRY_API_KEY", "ANTHROPIC_FOUNDRY_AUTH_TOKEN"),
}
_THEIR_OWN = {"bedrock": "AWS's own login", "vertex": "gcloud's own login", "foundry": "Azure's own login"}
# Without these nothing is reached, or something that nobody has chosen.
_NEEDED = {"bedrock": (0,), "vertex": (0, 1), "foundry": (0,)}
_DOCUMENT = "docs/access.md"


@dataclass(frozen=True)
class Seen:
    """What is known of an access. ``variables``: all that its CLIs get. ``auth``: what the CLI says of its
    login, and ``log_in`` the shell line for one. ``listed``: the ids of the models that the CLI lists; None
    if it was not asked."""

    name: str
    variables: Mapping[str, str]
    auth: AuthStatus | None = None
    log_in: str = ""
    listed: Sequence[str] | None = None

    @property
    def offer(self) -> Offer:
        return without_list(self.variables)


def access_checks(settings: Settings, environment: Mapping[str, str], *, live: bool) -> Iterator[Check]:
    """A check for each access; and with ``live`` one token from each but the default, which has its own."""
    try:
        found = accesses_of(settings, environment)
    except AccessesError as error:
        said = "; ".join(str(error).splitlines())
        remedy = f"correct {settings.accesses}; {_DOCUMENT} describes it"
        yield Check("accesses", lambda: problem(said, remedy))
        return
    for name, access in found.items():
        yield Check(_title(name), partial(_access, access, environment))
        if name != DEFAULT:
            yield Check(f"upstream of {name}", partial(_live, settings, name, live=live))


def judge_access(seen: Seen) -> Finding:
    """Pure."""
    provider = seen.offer.provider
    detail = _where(seen.variables, provider)
    if seen.name != DEFAULT:  # whose login has a check of its own
        if seen.auth is None:
            return problem(f"{detail}; the Claude CLI did not say whether it is logged in", seen.log_in)
        if not seen.auth.logged_in:
            return problem(f"{detail}; the Claude CLI is not logged in", seen.log_in)
        if provider not in CLOUDS:  # of which the CLI says no more than that they are there
            detail += f", logged in by {seen.auth.method}"
    if missing := _missing(seen.variables, provider):
        return problem(f"{detail}; it is not said which", f"set {' and '.join(missing)}")
    if provider not in CLOUDS:
        return ok(detail)
    return _judge_models(seen, detail)


def _judge_models(seen: Seen, detail: str) -> Finding:
    """Whether the models that the access calls opus, sonnet and haiku are set, and are its own."""
    pins = {_variable(family): seen.variables.get(_variable(family), "") for family in _PINNED}
    if unset := [name for name, model in pins.items() if not model]:
        detail = f"{detail}; {_counted(unset)} not pinned, so what the CLI takes for it may change"
        return warning(detail, f"set {' and '.join(unset)} to models that you may use ({_DOCUMENT})")
    wrong = {name: model for name, model in pins.items() if _is_of_another(model, seen)}
    if wrong:
        said = ", ".join(f"{name}={model}" for name, model in wrong.items())
        return warning(f"{detail}; not called so there, or not offered: {said}", f"see {_DOCUMENT}")
    return ok(f"{detail}; opus, sonnet and haiku are pinned{'' if seen.listed is None else ' and offered'}")


def _is_of_another(model: str, seen: Seen) -> bool:
    """Whether it is a name that the access would have to translate, or one that the CLI does not list."""
    try:
        is_own = resolve_model(model, Offer(seen.offer.provider)) in (model, *FAMILIES)
    except ApiError:
        return True
    return not is_own or (seen.listed is not None and model not in seen.listed)


def _where(variables: Mapping[str, str], provider: str) -> str:
    told = [value for group in _PLACES[provider] if (value := _first(group, variables)[1])]
    places = ", ".join(shown(one) if "://" in one else one for one in told)
    where = f"{_NAMES[provider]} ({places})" if places else _NAMES[provider]
    if provider not in CLOUDS:
        return where
    return f"{where} by {_first(_CREDENTIALS[provider], variables)[0] or _THEIR_OWN[provider]}"


def _missing(variables: Mapping[str, str], provider: str) -> list[str]:
    groups = _PLACES[provider]
    return [groups[n][0] for n in _NEEDED.get(provider, ()) if not _first(groups[n], variables)[1]]


def _first(names: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str]:
    return next(((name, variables[name]) for name in names if variables.get(name)), ("", ""))


def _variable(family: str) -> str:
    return f"ANTHROPIC_DEFAULT_{family.upper()}_MODEL"


def _counted(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _title(name: str) -> str:
    return "access" if name == DEFAULT else f"access {name}"


def _access(access: Access, environment: Mapping[str, str]) -> Finding:
    anywhere, auth = Path(tempfile.gettempdir()), None
    if access.name != DEFAULT:
        auth = asyncio.run(auth_status(access.environment, anywhere, access.settings))
    variables = {**environment, **for_listing(access.environment)}
    log_in = login_command(environment)
    if config := access.environment.get("CLAUDE_CONFIG_DIR"):
        log_in = f"CLAUDE_CONFIG_DIR={config} {log_in}"
    return judge_access(Seen(access.name, variables, auth, log_in, _listed(access, variables)))


def _listed(access: Access, variables: Mapping[str, str]) -> Sequence[str] | None:
    """The ids that the CLI lists, where it matters; it calls no model for that."""
    if without_list(variables).provider not in CLOUDS:
        return None
    from towpath.agent.catalog import model_entries  # loads the SDK

    anywhere = Path(tempfile.gettempdir())
    try:
        entries = asyncio.run(model_entries(access.environment, anywhere, access.settings))
    except ProcessDied:
        return None
    return [model.id for model in offered(entries)]


def _live(settings: Settings, name: str, *, live: bool) -> Finding:
    if not live:
        return skipped("not asked")
    from towpath.cli.doctor.upstream import upstream  # loads the SDK

    return upstream(settings, name)
