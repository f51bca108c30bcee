"""The subagents that a client offers, read from the descriptions of its tools.

A client names its subagents only in prose: the tool that starts them (`task` in OpenCode, `Task`
or `Agent` in Claude Code, `call_omo_agent` in oh-my-opencode) lists them in its description:

    Available agent types and the tools they have access to:
    - explore: Finds files. (Tools: Read, Grep)
    - Metis - Plan Consultant: Looks for gaps in a plan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise
from typing import Any

# "Available agent types for the Agent tool:", "## Available subagents:", and the heading of
# call_omo_agent, "Available: - explore: …", which does not mention agents and is followed by the first item.
_HEADING = re.compile(
    r"^[ \t#*_>]*available\b(?:[^:\n]*agent[^:\n]*:[ \t*_]*|:[ \t]*(?P<first>- .*))$", re.IGNORECASE
)
# A name may hold spaces ("Metis - Plan Consultant") and colons that no space follows ("plugin:reviewer").
# Commas, quotes and brackets mark sentences that happen to contain a colon. The CLI refuses a "-" in front.
_ITEM = re.compile(
    r"^[ \t]*[-*•][ \t]+[*`]*(?P<name>[^\s*`\"(),-][^*`\"(),]{0,63}?)[*`]*:[*`]*(?:[ \t]+(?P<text>.*))?$"
)
_STARTERS = frozenset({"task", "agent", "call_omo_agent"})
_OPENING_TAG = re.compile(r"[ \t]*<(\w+)>")
# The lines of a list by their kind, see _kinds. OpenCode does not indent the further lines of a description,
# so loose ones belong to the item above if another item, or a line of one, follows. Before a blank line, or
# after one, they are prose, and the list has ended.
_LIST = re.compile(r"I(?:(?:L*|B*)[IM])*")


@dataclass(frozen=True, slots=True)
class Agent:
    """A subagent as the client offers it. Neither text is empty or has blanks around it."""

    name: str
    description: str


def agents_of(tools: Sequence[Mapping[str, Any]]) -> tuple[Agent, ...]:
    """The agents that the descriptions of a request's ``tools`` list, in their order, each name once.

    Any tool may hold a list: what it is called differs from client to client. Where two agents have the
    same name the first one counts. Never raises; no list that is understood gives no agents.
    """
    found: dict[str, Agent] = {}
    for tool in tools:
        description = tool.get("description")
        if isinstance(description, str):
            for agent in agents_in(description):
                found.setdefault(agent.name, agent)
    return tuple(found.values())


def tool_for_agents(tools: Sequence[Mapping[str, Any]]) -> str | None:
    """The name of the tool that starts agents, by what clients call it; None if there is none."""
    names = (tool["name"] for tool in tools if isinstance(tool.get("name"), str))
    return next((name for name in names if name.lower() in _STARTERS), None)


def agents_in(text: str) -> Iterator[Agent]:
    """The agents below the first heading in ``text`` that announces some; a name may come twice.

    An item without a description is left out: for one such agent the CLI would refuse all. A suffix
    ``(Tools: …)`` is no part of the description, since it names tools of the client.
    """
    for lines in _items(_below_heading(text.splitlines())):
        item = _ITEM.match(lines[0])
        assert item  # there it starts
        description = "\n".join([item["text"] or "", *map(str.strip, lines[1:])]).strip()
        if description := _without_tools(description):
            yield Agent(item["name"].strip(), description)


def _below_heading(lines: Sequence[str]) -> Sequence[str]:
    """From the first line with something on it below the first heading, which may hold the first item."""
    for place, line in enumerate(lines):
        if heading := _HEADING.match(line):
            below = [heading["first"] or "", *lines[place + 1 :]]
            return list(dropwhile(lambda line: not line.strip(), below))
    return ()


def _items(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """The lines of each item, until the list ends."""
    kinds = "".join(_kinds(lines))
    end = found.end() if (found := _LIST.match(kinds)) else 0
    starts = [place for place in range(end) if kinds[place] == "I"]
    return (lines[start:stop] for start, stop in pairwise([*starts, end]))


def _kinds(lines: Sequence[str]) -> Iterator[str]:
    """What each line is: I starts an item, M is more of one, B is blank, L is loose.

    More of an item is what is indented, and a block like ``<example>`` up to its closing tag: descriptions
    made by Claude Code and OpenCode hold such blocks, with blank lines and lists inside.
    """
    depth = _indent(lines[0]) if lines else 0
    closing = ""
    for line in lines:
        if not closing and (opening := _OPENING_TAG.match(line)):
            closing = f"</{opening[1]}>"
        if closing:
            yield "M"
            closing = "" if closing in line else closing
        elif not line.strip():
            yield "B"
        elif _indent(line) > depth:
            yield "M"
        else:
            yield "I" if _ITEM.match(line) else "L"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_tools(description: str) -> str:
    rest, mark, _ = description.rpartition("(Tools:")
    return rest.rstrip() if mark and description.endswith(")") else description
