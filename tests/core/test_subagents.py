"""The agents that tool descriptions list: the formats of real clients, and what is no list."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.client_habits.subagents import Agent, agents_in, agents_of, tool_for_agents

# Each in the form that the client sends, shortened and in our own words.
DESCRIPTIONS = Path(__file__).parent / "task_descriptions"
HEADING = "Available agent types and the tools they have access to:"


def read(name: str) -> str:
    return (DESCRIPTIONS / f"{name}.txt").read_text("utf-8")


def task(description: str, name: str = "task") -> dict[str, Any]:
    return {"name": name, "description": description, "input_schema": {"type": "object"}}


def listed(*lines: str) -> tuple[Agent, ...]:
    return agents_of([task("\n".join([HEADING, *lines]))])


@pytest.mark.parametrize(
    ("client", "names"),
    [
        ("opencode", ["explore", "general"]),
        (
            "oh_my_opencode",
            [
                *("build", "explore", "general", "librarian", "Metis - Plan Consultant"),
                *("Momus - Plan Critic", "multimodal-looker", "oracle", "plan", "Sisyphus-Junior"),
            ],
        ),
        ("call_omo_agent", ["explore", "librarian"]),
        ("claude_code", ["general-purpose", "statusline-setup", "Explore", "review-kit:code-reviewer"]),
        ("claude_code_reminder", ["claude", "Plan"]),
        ("claude_code_elsewhere", []),
        ("custom", ["lock-keeper", "tow-horse", "scribe", "surveyor"]),
    ],
)
def test_the_agents_of_a_client_are_found(client: str, names: list[str]) -> None:
    assert [agent.name for agent in agents_of([task(read(client))])] == names


@pytest.mark.parametrize(
    ("client", "name", "description"),
    [
        pytest.param(
            "oh_my_opencode",
            "Momus - Plan Critic",
            "Reads a finished plan: is it clear, can it be checked? (Momus - OhMyOpenCode)",
            id="a-colon-inside",
        ),
        pytest.param("claude_code", "general-purpose", "Several steps of research or work.", id="all-tools"),
        pytest.param(
            "claude_code",
            "Explore",
            'Looks around in a codebase (eg. "where is X?").',
            id="brackets-before-the-tools",
        ),
        pytest.param(
            "claude_code", "review-kit:code-reviewer", "Reads a change.", id="brackets-in-the-tools"
        ),
        pytest.param("custom", "surveyor", "Measures (Tools: a rod) twice.", id="tools-inside"),
        pytest.param("custom", "lock-keeper", "Opens locks.\nUse it before a boat arrives.", id="next-line"),
        pytest.param(
            "custom",
            "tow-horse",
            "Pulls boats:\n- narrow: one at a time\n- broad: never\n\nFeed it first.",
            id="indented-lines",
        ),
        pytest.param(
            "custom",
            "scribe",
            'Writes the log.\n\n<example>\nuser: "A boat passed"\n\nassistant: calls scribe\n'
            "- Context: this is inside the example\n</example>",
            id="a-block-with-blank-lines",
        ),
    ],
)
def test_a_description_is_whole_and_without_the_tools(client: str, name: str, description: str) -> None:
    assert Agent(name, description) in agents_of([task(read(client))])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("- a: b", id="plain"),
        pytest.param("  * a:   b  ", id="star"),
        pytest.param("• a : b", id="dot"),
        pytest.param("- **a**: b", id="bold"),
        pytest.param("- **a:** b", id="bold-colon"),
        pytest.param("- `a`: b", id="code"),
        pytest.param("\n- a: b", id="below-a-blank-line"),
        pytest.param("- a:\n  b", id="on-the-next-line"),
        pytest.param("- a: b\r\n", id="windows"),
        pytest.param("- a: b\n- a: c", id="twice"),
        pytest.param("- a: b\n- c:", id="beside-one-without-a-description"),
        pytest.param("- a: b\n- c: (Tools: *)", id="beside-one-with-tools-only"),
        pytest.param("- a: b\n\nMore:\n- c: d", id="before-a-blank-line-and-prose"),
        pytest.param("- a: b\nUse them.", id="before-prose"),
        pytest.param("- a: b\nUse them:\n\n- c: d", id="before-prose-and-another-list"),
        pytest.param("- a: b\n</system-reminder>", id="before-a-closing-tag"),
    ],
)
def test_an_item_is_read_in_any_dress(line: str) -> None:
    assert listed(line) == (Agent("a", "b"),)


@pytest.mark.parametrize(
    "heading",
    [
        "Available agents:",
        "## Available subagents:",
        "**Available agent types:**",
        "AVAILABLE AGENT TYPES FOR THE TASK TOOL:",
    ],
)
def test_a_heading_announces_agents(heading: str) -> None:
    assert agents_of([task(f"Starts one.\n{heading}\n- a: b")]) == (Agent("a", "b"),)


@pytest.mark.parametrize(
    "description",
    [
        pytest.param("", id="empty"),
        pytest.param("- a: b", id="no-heading"),
        pytest.param("Available categories:\n- a: b", id="other-things"),
        pytest.param("Available:\n- a: b", id="unnamed-things"),
        pytest.param("Use the available agents: a and b\n- a: b", id="a-sentence"),
        pytest.param(HEADING, id="nothing-below"),
        pytest.param(f"{HEADING}\na: b\n- a: b", id="prose-below"),
        pytest.param(f"{HEADING}\n- a - b", id="no-colon"),
        pytest.param(f"{HEADING}\n- a:b", id="no-space"),
        pytest.param(f"{HEADING}\n- If in doubt, ask: c", id="a-sentence-in-the-list"),
        pytest.param(f"{HEADING}\n- -a: b", id="an-option"),
        pytest.param(f"{HEADING}\n- {'a' * 65}: b", id="too-long-for-a-name"),
    ],
)
def test_anything_else_is_no_list(description: str) -> None:
    assert agents_of([task(description)]) == ()


def test_any_tool_may_list_agents_and_the_first_of_a_name_counts() -> None:
    tools: list[dict[str, Any]] = [
        {"type": "web_search_20250305", "name": "web_search"},
        {"name": "odd", "description": ["no", "text"]},
        task(f"{HEADING}\n- b: 1\n- a: 2", name="anything"),
        task(f"{HEADING}\n- a: 3\n- c: 4", name="task"),
    ]

    assert agents_of(tools) == (Agent("b", "1"), Agent("a", "2"), Agent("c", "4"))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
lines = st.sampled_from(
    ["- a: b", "  - a: b", "- c:", "", "<example>", "</example>", "loose", "  more", HEADING]
)
descriptions = json_values | st.text() | st.lists(lines | st.text(max_size=9)).map("\n".join)


@given(st.lists(st.dictionaries(st.sampled_from(["name", "description", "x"]), descriptions)))
def test_nothing_raises_and_no_name_comes_twice_or_empty(tools: list[dict[str, Any]]) -> None:
    agents = agents_of(tools)

    assert len({agent.name for agent in agents}) == len(agents)
    for text in [text for agent in agents for text in (agent.name, agent.description)]:
        assert text
        assert text == text.strip()


words = st.from_regex("[a-h][a-h-]{0,11}", fullmatch=True)


@given(st.dictionaries(words, words))
def test_what_a_client_writes_comes_back(agents: dict[str, str]) -> None:
    text = "\n".join([HEADING, *(f"- {name}: {description}" for name, description in agents.items())])

    assert {agent.name: agent.description for agent in agents_in(text)} == agents


@pytest.mark.parametrize(
    "line", ["", "<example>", "loose", "- a: b", "- a (", f"{HEADING}", "Available: ", "(Tools:"]
)
def test_lines_after_an_agent_are_of_it_or_end_it_however_many_there_are(line: str) -> None:
    """If a line cost as much as all before it, this would take longer than a test may."""
    found = list(agents_in("\n".join([HEADING, "- a: b", *[line] * 50_000])))

    assert {agent.name for agent in found} == {"a"}
    assert len(found) == (50_001 if line == "- a: b" else 1)
    assert found[0].description == ("\n".join(["b", *[line] * 50_000]) if line == "<example>" else "b")


def test_an_agent_without_a_word_about_it_is_left_out() -> None:
    assert [agent.name for agent in listed("- silent: (Tools: all)", "- (odd)", "- explore: Looks.")] == [
        "explore"
    ]


def test_the_tool_that_starts_agents_is_known_by_what_clients_call_it() -> None:
    assert tool_for_agents([task("", name="read"), task("", name="Task")]) == "Task"
    assert tool_for_agents([task("", name="read"), {"type": "web_search"}]) is None
