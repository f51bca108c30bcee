"""How a name says which model it means: the spellings of the API, of providers and of routers. Pure.

    claude-sonnet-4-5, claude-sonnet-4-5-20250929, claude-3-7-sonnet-latest     the API
    us.anthropic.claude-sonnet-4-5-20250929-v1:0, arn:aws:bedrock:…             Amazon Bedrock
    claude-sonnet-4-5@20250929                                                  Google Vertex AI
    anthropic/claude-sonnet-4.5, anthropic/claude-4.5-sonnet                    routers

``[1m]`` behind any of them is the CLI's mark for a context of a million tokens.
"""

import re
from dataclasses import dataclass

FAMILIES = ("opus", "sonnet", "haiku", "fable")
MILLION = "[1m]"

_ROUTED = re.compile(r"(?:[\w.-]+[/:])+(?=(?:[a-z-]+\.)?(?:anthropic\.)?claude\b)")
_CLAUDE = re.compile(
    r"(?:(?:[a-z-]+\.)?anthropic\.)?claude(?P<words>(?:[-.][a-z0-9]+)+?)(?:@(?P<at>[a-z0-9]+))?"
    r"(?:-v\d+(?::\d+)?)?(?P<rest>[:\[].*)?"
)
_DATE = re.compile(r"\d{8}")
_NUMBER = re.compile(r"\d{1,2}")
_LATEST = frozenset({"latest", "default"})


@dataclass(frozen=True)
class Named:
    """A version of a model. ``date``: of the snapshot, empty where the name says none.

    ``rest``: what follows that is part of no id, such as a router's ``:thinking``.
    """

    line: str
    version: tuple[int, ...]
    date: str = ""
    rest: str = ""

    def is_same_as(self, other: "Named") -> bool:
        """Whether both can be one model: a name without a date is any snapshot of its version."""
        if (self.line, self.version) != (other.line, other.version):
            return False
        return self.date == other.date or not (self.date and other.date)


def without_router(name: str) -> str:
    """The name as the model's maker has it, in small letters: what a router puts before it is left out."""
    return _ROUTED.sub("", name.strip().lower(), count=1)


def split_million(name: str) -> tuple[str, str]:
    """The name, and the mark for a million tokens if it has it."""
    return (name.removesuffix(MILLION), MILLION) if name.endswith(MILLION) else (name, "")


def named(name: str) -> Named | None:
    """The version that a name means, without its mark for a million tokens; None if it names no version."""
    found = _CLAUDE.fullmatch(name)
    if found is None:
        return None
    words = re.split(r"[-.]", found["words"][1:]) + ([found["at"]] if found["at"] else [])
    dates = [word for word in words if _DATE.fullmatch(word)]
    numbers = [int(word) for word in words if _NUMBER.fullmatch(word)]
    line = [word for word in words if not word.isdigit() and word not in _LATEST]
    if not numbers or len(dates) > 1 or len(dates) + len(numbers) + len(line) < _counted(words):
        return None
    while len(numbers) > 1 and numbers[-1] == 0:  # claude-sonnet-4-0 is claude-sonnet-4
        numbers.pop()
    return Named("-".join(line), tuple(numbers), "".join(dates), found["rest"] or "")


def family_of(name: str) -> str | None:
    """The family that a name mentions."""
    return next((family for family in FAMILIES if family in name.lower()), None)


def _counted(words: list[str]) -> int:
    return sum(word not in _LATEST for word in words)
