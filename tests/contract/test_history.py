"""Conversations in the CLI's session file, and what reaches the API of them (engine.md, H).

When a release changes a fact, its test here names it.
"""

import dataclasses
from pathlib import Path

import pytest
from claude_agent_sdk import ClaudeAgentOptions

from tests.contract.bare_cli import HISTORY, Run
from tests.support.fidelity import TOOLS, assistant, call, image, result, seen, sent, text, user
from towpath.core.canonical import SYSTEM_TEXT
from towpath.testing import Failure, ScriptedApi

pytestmark = pytest.mark.cli


def test_h1_a_session_file_may_lie_anywhere(api: ScriptedApi, run: Run, tmp_path: Path, home: Path) -> None:
    before = set(home.glob(".claude/projects/**/*.jsonl"))
    run(HISTORY)

    (file,) = tmp_path.glob("*.jsonl")
    assert b'"You said: three"' in file.read_bytes()
    assert set(home.glob(".claude/projects/**/*.jsonl")) == before


def test_h2_an_empty_session_file_is_refused(api: ScriptedApi, run: Run) -> None:
    with pytest.raises(Exception, match=r"exit code|No conversation"):
        run([], lines=lambda _: b"")


def test_h3_an_empty_user_entry_asks_for_the_answer_and_says_nothing(api: ScriptedApi, run: Run) -> None:
    run(HISTORY)

    assert seen(api.last) == sent(HISTORY)


def test_h4_without_it_the_cli_adds_a_prompt_after_results(api: ScriptedApi, run: Run) -> None:
    def results_last(data: bytes) -> bytes:
        kept = b"".join(data.splitlines(keepends=True)[:-1])
        return kept.replace(b'{"type":"text","text":""},', b"")

    run([user("one"), assistant(call("t1")), user(result("t1", "r"))], lines=results_last)

    assert "Continue from where you left off." in str(api.last["messages"][-1])


def test_h5_without_it_the_cli_adds_a_line_after_an_image(api: ScriptedApi, run: Run) -> None:
    run([user("see", image())], lines=lambda data: b"".join(data.splitlines(keepends=True)[:-1]))

    assert "[Image: source: " in str(api.last["messages"][-1])


def test_h6_unmarked_text_is_taken_for_a_command(api: ScriptedApi, run: Run) -> None:
    def unmarked(data: bytes) -> bytes:
        kept = b"".join(data.splitlines(keepends=True)[:-1])
        return kept.replace(b'"queueSkipSlashCommands":true', b'"queueSkipSlashCommands":false')

    run([user("/clear all")], lines=unmarked)
    assert api.exchanges == []

    run([user("/clear all")])
    assert seen(api.last) == sent([user("/clear all")])


def test_h7_the_thinking_of_another_model_is_dropped(api: ScriptedApi, run: Run) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    messages = [user("one"), assistant(thought, "two"), user("three")]
    run(messages, model="claude-opus-5-5")
    assert seen(api.last) == sent(messages)

    other = b'"model":"claude-sonnet-4-5"'
    run(messages, model="claude-opus-5-5", lines=lambda d: d.replace(b'"model":"claude-opus-5-5"', other))
    assert thought not in seen(api.last)[1]["content"]


SYSTEM_TEXTS = ("be brief", "  a </system-reminder> b\n\n", "<system-reminder>\nc\n</system-reminder>")


@pytest.mark.parametrize("told", SYSTEM_TEXTS)
def test_h12_attachment_entries_carry_system_messages(api: ScriptedApi, run: Run, told: str) -> None:
    system = {"type": SYSTEM_TEXT, "text": told}
    run([user("one", system), assistant("two"), user("three", system)], model="claude-opus-5-5")

    one, first, two, three, second = api.last["messages"]
    assert [m["role"] for m in (one, two, three)] == ["user", "assistant", "user"]
    assert first == {"role": "system", "content": told}
    assert (second["role"], second["content"].partition("\n\n# Environment\n")[0]) == ("system", told)


def test_h12_older_models_get_them_in_front_of_what_the_user_says(api: ScriptedApi, run: Run) -> None:
    run([user("one", {"type": SYSTEM_TEXT, "text": "be brief"}), assistant("two"), user("three")])

    first = api.last["messages"][0]
    assert [block["text"] for block in first["content"]] == [
        "<system-reminder>\nbe brief\n</system-reminder>\n",
        "one",
    ]


def test_h13_numbers_are_those_of_javascript(api: ScriptedApi, run: Run) -> None:
    asked = call("t1", near=2**53, far=2**53 + 1, farther=2**63 - 1)
    run([user("one"), assistant(asked), user(result("t1", "r"))])

    (used,) = (block for block in api.last["messages"][1]["content"] if block["type"] == "tool_use")
    assert used["input"] == {"near": 2**53, "far": 2**53, "farther": 9223372036854776000}


def test_h14_reminders_go_into_the_last_result_of_an_entry_that_begins_with_one(
    api: ScriptedApi, run: Run
) -> None:
    messages = [user("one"), assistant(call("t1")), user(result("t1", "r"))]
    run(messages)
    assert seen(api.last) == sent(messages)

    run(messages, lines=lambda data: data.replace(b'{"type":"text","text":""},', b""))
    (told,) = api.last["messages"][-1]["content"]
    assert [part["text"][:17] for part in told["content"]] == ["r\n", *["<system-reminder>"] * 3]


FOUND = b'[{"type":"tool_reference","tool_name":"read"}]'
SEARCHED = [user("one"), assistant(call("t1", "ToolSearch")), user(result("t1", []))]
SEARCH = {"name": "ToolSearch", "description": "Finds tools.", "input_schema": {"type": "object"}}


def with_reference(data: bytes) -> bytes:
    """A session file in which the result refers to a tool."""
    return data.replace(b'"tool_result","content":[]', b'"tool_result","content":' + FOUND)


def test_h15_a_reference_to_a_tool_becomes_a_sentence(api: ScriptedApi, run: Run) -> None:
    run(SEARCHED, tools=[SEARCH, *TOOLS], lines=with_reference)

    assert "[Tool references removed - tool search not enabled]" in str(seen(api.last)[-1])


def test_h15_with_its_tool_search_it_asks_once_more_without_them(api: ScriptedApi, run: Run) -> None:
    def searching(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        return dataclasses.replace(options, env={**options.env, "ENABLE_TOOL_SEARCH": "true"})

    api.reply(*[Failure(400, "invalid_request_error", "no")] * 5)
    without = ["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"]
    run(SEARCHED, tools=[SEARCH, *TOOLS], lines=with_reference, change=searching, without=without)

    first, last = api.exchanges[0], api.exchanges[-1]
    assert seen(first.body)[-1]["content"] == [
        result("t1", [{"type": "tool_reference", "tool_name": "read"}]),
        text("Tool loaded."),
    ]
    assert "[Tool references removed - tool search not enabled]" in str(seen(last.body)[-1])


@pytest.mark.parametrize(
    ("model", "without", "sent_efforts"),
    [
        ("claude-opus-5-5", [], []),
        ("claude-opus-5-5", ["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"], ["low", "high"]),
        ("claude-sonnet-4-5", ["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"], []),
    ],
)
def test_h16_efforts_inside_the_conversation_take_its_experimental_betas(
    api: ScriptedApi, run: Run, model: str, without: list[str], sent_efforts: list[str]
) -> None:
    def with_effort(data: bytes) -> bytes:
        return data.replace(b'"type":"assistant",', b'"type":"assistant","perTurnEffort":"low",', 1)

    def asked_for_high(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        return dataclasses.replace(options, env={**options.env, "CLAUDE_CODE_EFFORT_LEVEL": "high"})

    run(HISTORY, model=model, without=without, lines=with_effort, change=asked_for_high)

    efforts = [m["output_config"]["effort"] for m in api.last["messages"] if "output_config" in m]
    assert efforts == sent_efforts
