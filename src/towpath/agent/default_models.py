"""What keeps the CLI from asking a cloud provider, at each start, which models an account has.

Where no variable says which model is an account's opus, sonnet or haiku, the CLI tries them at its start,
from the newest on, with a paid request for each: up to 26 for one answer (docs/engine.md, P1). A process
calls the model of its launch and no other, so it is told a name for them that no provider knows: nothing is
tried, and should it ever ask for one, it gets an error and not a bill. What the user says of them stays.
"""

from collections.abc import Mapping

from towpath.core.model_names import FAMILIES

NO_MODEL = "no-model-of-this-process"
_TRIED = ("opus", "sonnet", "haiku")
# On Foundry it tries none.
_PROVIDERS = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_MANTLE", "CLAUDE_CODE_USE_VERTEX")
_OFF = ("", "0", "false", "no", "off")


def pins(environment: Mapping[str, str]) -> dict[str, str]:
    """What to set beside these variables of a user's."""
    if all(environment.get(name, "").lower() in _OFF for name in _PROVIDERS):
        return {}
    return {name: NO_MODEL for name in map(_variable, _TRIED) if not environment.get(name)}


def without_pin_of(model: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose model is the name of a family: the CLI says what that means."""
    own = dict(environment)
    if model in FAMILIES and own.get(_variable(model)) == NO_MODEL:
        own[_variable(model)] = ""
    return own


def for_listing(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a CLI that only lists models, and has to name those families as it would have them.

    As part of an application that says which provider it uses, it tries none. It cannot call one either: it
    takes no credentials but those in variables then, and so lists the models that it knows.
    """
    if NO_MODEL not in environment.values():
        return dict(environment)
    own = {name: "" if value == NO_MODEL else value for name, value in environment.items()}
    return {**own, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}


def _variable(family: str) -> str:
    return f"ANTHROPIC_DEFAULT_{family.upper()}_MODEL"
