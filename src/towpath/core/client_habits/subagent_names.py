"""Which agent a model means when it uses a slightly wrong name.

Claude models know the names of Claude Code and use them now and then where the client's agents have
other names.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

# What Claude Code, OpenCode and oh-my-opencode (today's and former versions) call the same kind of agent.
# Each name maps to its substitutes, best first; lower case. General words ("reviewer") are left
# out: a client's own "pr-reviewer" is the better guess, and is found as a substring.
_ALIASES: dict[str, tuple[str, ...]] = {
    "general-purpose": ("general", "sisyphus-junior"),
    "general": ("general-purpose", "claude"),
    "claude": ("general", "general-purpose"),
    "bash": ("general", "general-purpose"),
    "build": ("general", "general-purpose"),
    "build-validator": ("general", "general-purpose"),
    "test-runner": ("general", "general-purpose"),
    "sisyphus-junior": ("general", "general-purpose"),
    "frontend-ui-ux-engineer": ("sisyphus-junior", "general"),
    "document-writer": ("sisyphus-junior", "general"),
    "code-explorer": ("explore",),
    "codebase-explorer": ("explore",),
    "code-searcher": ("explore",),
    "codebase-search": ("explore",),
    "file-search": ("explore",),
    "search": ("explore",),
    "code-reviewer": ("oracle",),
    "code-review": ("oracle",),
    "security-reviewer": ("oracle",),
    "debugger": ("oracle",),
    "code-architect": ("oracle", "plan"),
    "architect": ("oracle", "plan"),
    "software-architect": ("plan", "oracle"),
    "planner": ("plan",),
    "plan-reviewer": ("momus - plan critic", "momus"),
    "plan-consultant": ("metis - plan consultant", "metis"),
    "researcher": ("librarian",),
    "web-researcher": ("librarian",),
    "docs-researcher": ("librarian",),
    "claude-code-guide": ("librarian",),
}
# The least similarity, 0 to 1, that counts as a slip: one wrong letter in "plan" or "oracle", two in
# "librarian".
_SLIP = 0.7


def closest(asked: str, known: Sequence[str]) -> str | None:
    """The name out of ``known`` that ``asked`` most likely means, or None: then guessing would be wrong.

    The first of these that finds something wins: the same name; the same but for case; an alias whose target
    is known; one name is the beginning of the other; one is inside the other; few letters differ. All but the
    first ignore case. Where several are as good, the first in the order of ``known`` is taken; of those that
    share a beginning or a part, the closest in length: it has the longest part in common.
    """
    if asked in known:
        return asked
    asked = asked.casefold()
    folded = [name.casefold() for name in known]
    place = next(_places(asked, folded), None)
    return None if place is None else known[place]


def _places(asked: str, known: Sequence[str]) -> Iterator[int]:
    """The indexes in ``known`` that each level finds, one after the other; all names are casefolded."""
    for name in (asked, *_ALIASES.get(asked, ())):
        if name in known:
            yield known.index(name)
    # Without empty names: any other begins with one.
    places = [place for place, name in enumerate(known) if name and asked]
    places.sort(key=lambda place: abs(len(known[place]) - len(asked)))
    yield from (p for p in places if known[p].startswith(asked) or asked.startswith(known[p]))
    yield from (p for p in places if known[p] in asked or asked in known[p])
    likeness = [SequenceMatcher(a=name, b=asked).ratio() for name in known]
    if max(likeness, default=0) >= _SLIP:
        yield likeness.index(max(likeness))
