"""Which model a name means."""

import re

FAMILIES = ("opus", "sonnet", "haiku", "fable")
DEFAULT_FAMILY = "sonnet"

# claude-sonnet-4-5, claude-sonnet-4-5-20250929, claude-sonnet-4-5[1m], claude-sonnet-4-5@20250929
# (Vertex), us.anthropic.claude-sonnet-4-5-20250929-v1:0 (Bedrock), arn:aws:bedrock:… (Bedrock).
_EXACT_ID = re.compile(
    r"(?:(?:[a-z-]+\.)?anthropic\.)?claude-[a-z0-9][a-z0-9.:@_-]*(?:\[1m\])?|arn:aws[a-z-]*:bedrock:\S+"
)


def resolve_model(name: str) -> str:
    """An exact id stays as it is. Any other name means the family that it mentions, or sonnet.

    A family is an alias of the CLI, which takes its newest model of that family.
    """
    if _EXACT_ID.fullmatch(name):
        return name
    return next((family for family in FAMILIES if family in name.lower()), DEFAULT_FAMILY)
