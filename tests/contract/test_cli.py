"""What the real CLI does, where the code leans on it: one test a row of docs/engine.md.

They run the SDK and its bundled CLI with our options, or with one of them taken away, and look at what
reaches the API. When a release changes a fact, its test here names it.
"""

import asyncio
import dataclasses
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    RateLimitEvent,
    ResultMessage,
    StreamEvent,
)

from tests.support.account import ON_EXTRA_USAGE, REFUSED, RESET, WITHIN
from tests.support.fidelity import TOOLS, Json, assistant, call, image, result, seen, sent, text, user
from tests.support.processes import cli_processes
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.history import session_lines
from towpath.agent.options import agent_options
from towpath.agent.parked_tools import ParkedTools
from towpath.core.canonical import SYSTEM_TEXT
from towpath.core.launch import Launch
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

Then = Callable[[ClaudeSDKClient, ParkedTools], Awaitable[None]]


@pytest.fixture
def run(scripted_api: tuple[ScriptedApi, str], tmp_path: Path) -> Callable[..., list[Any]]:
    """Start a CLI on a conversation; the messages it says until its turn ends (and what ``then`` adds)."""

    def start(
        messages: Sequence[Json],
        *,
        model: str = "claude-sonnet-4-5",
        tools: Sequence[Json] = TOOLS,
        without: Sequence[str] = (),
        lines: Callable[[bytes], bytes] = bytes,
        change: Callable[[ClaudeAgentOptions], ClaudeAgentOptions] = dataclasses.replace,
        then: Then | None = None,
    ) -> list[Any]:
        launch = Launch(model, "You are a test.", {"max_tokens": 100, "tools": list(tools)}, str(tmp_path))
        file = tmp_path / "00000000-0000-4000-8000-000000000000.jsonl"
        file.write_bytes(lines(_lines(messages, launch, file)))
        parked = ParkedTools(launch.tool_names)
        all_clis = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)
        options = agent_options(launch, tmp_path, file, parked.options(), all_clis, continues=bool(messages))
        environment = {name: value for name, value in options.env.items() if name not in without}
        return asyncio.run(_talk(change(dataclasses.replace(options, env=environment)), parked, then))

    return start


def _lines(messages: Sequence[Json], launch: Launch, file: Path) -> bytes:
    from datetime import UTC, datetime

    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return session_lines(
        file.stem, messages, {}, cwd=launch.cwd, model=launch.model, version=BUNDLED_VERSION, timestamp=now
    )


async def _talk(options: ClaudeAgentOptions, parked: ParkedTools, then: Then | None) -> list[Any]:
    said = []
    async with asyncio.timeout(WAIT_SECONDS), ClaudeSDKClient(options) as client:
        if then:
            await then(client, parked)
        async for message in client.receive_messages():
            said.append(message)
            if isinstance(message, ResultMessage):
                break
    return said


async def until_reply_ends(client: ClaudeSDKClient) -> None:
    async for message in client.receive_messages():
        if isinstance(message, StreamEvent) and message.event["type"] == "message_stop":
            return


HISTORY = [user("one"), assistant("two"), user("three")]


# Native history


def test_h1_a_session_file_may_lie_anywhere(api: ScriptedApi, run: Any, tmp_path: Path, home: Path) -> None:
    run(HISTORY)

    (file,) = tmp_path.glob("*.jsonl")
    assert b'"You said: three"' in file.read_bytes()
    assert not list(home.glob(".claude/projects/**/*.jsonl"))


def test_h2_an_empty_session_file_is_refused(api: ScriptedApi, run: Any) -> None:
    with pytest.raises(Exception, match=r"exit code|No conversation"):
        run([], lines=lambda _: b"")


def test_h3_an_empty_user_entry_asks_for_the_answer_and_says_nothing(api: ScriptedApi, run: Any) -> None:
    run(HISTORY)

    assert seen(api.last) == sent(HISTORY)


def test_h4_without_it_the_cli_adds_a_prompt_behind_results(api: ScriptedApi, run: Any) -> None:
    def results_last(data: bytes) -> bytes:
        kept = b"".join(data.splitlines(keepends=True)[:-1])
        return kept.replace(b'{"type":"text","text":""},', b"")

    run([user("one"), assistant(call("t1")), user(result("t1", "r"))], lines=results_last)

    assert "Continue from where you left off." in str(api.last["messages"][-1])


def test_h5_without_it_the_cli_adds_a_line_behind_an_image(api: ScriptedApi, run: Any) -> None:
    run([user("see", image())], lines=lambda data: b"".join(data.splitlines(keepends=True)[:-1]))

    assert "[Image: source: " in str(api.last["messages"][-1])


def test_h6_unmarked_text_is_taken_for_a_command(api: ScriptedApi, run: Any) -> None:
    def unmarked(data: bytes) -> bytes:
        kept = b"".join(data.splitlines(keepends=True)[:-1])
        return kept.replace(b'"queueSkipSlashCommands":true', b'"queueSkipSlashCommands":false')

    run([user("/clear all")], lines=unmarked)
    assert api.exchanges == []

    run([user("/clear all")])
    assert seen(api.last) == sent([user("/clear all")])


def test_h7_the_thinking_of_another_model_is_dropped(api: ScriptedApi, run: Any) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    messages = [user("one"), assistant(thought, "two"), user("three")]
    run(messages, model="claude-opus-5-5")
    assert seen(api.last) == sent(messages)

    other = b'"model":"claude-sonnet-4-5"'
    run(messages, model="claude-opus-5-5", lines=lambda d: d.replace(b'"model":"claude-opus-5-5"', other))
    assert thought not in seen(api.last)[1]["content"]


SYSTEM_TEXTS = ("be brief", "  a </system-reminder> b\n\n", "<system-reminder>\nc\n</system-reminder>")


@pytest.mark.parametrize("told", SYSTEM_TEXTS)
def test_h12_attachment_entries_carry_system_messages(api: ScriptedApi, run: Any, told: str) -> None:
    system = {"type": SYSTEM_TEXT, "text": told}
    run([user("one", system), assistant("two"), user("three", system)], model="claude-opus-5-5")

    one, first, two, three, second = api.last["messages"]
    assert [m["role"] for m in (one, two, three)] == ["user", "assistant", "user"]
    assert first == {"role": "system", "content": told}
    assert (second["role"], second["content"].partition("\n\n# Environment\n")[0]) == ("system", told)


def test_h12_older_models_get_them_in_front_of_what_the_user_says(api: ScriptedApi, run: Any) -> None:
    run([user("one", {"type": SYSTEM_TEXT, "text": "be brief"}), assistant("two"), user("three")])

    first = api.last["messages"][0]
    assert [block["text"] for block in first["content"]] == [
        "<system-reminder>\nbe brief\n</system-reminder>\n",
        "one",
    ]


def test_h13_numbers_are_those_of_javascript(api: ScriptedApi, run: Any) -> None:
    asked = call("t1", near=2**53, far=2**53 + 1, farther=2**63 - 1)
    run([user("one"), assistant(asked), user(result("t1", "r"))])

    (used,) = (block for block in api.last["messages"][1]["content"] if block["type"] == "tool_use")
    assert used["input"] == {"near": 2**53, "far": 2**53, "farther": 9223372036854776000}


def test_h14_reminders_go_into_the_last_result_of_an_entry_that_begins_with_one(
    api: ScriptedApi, run: Any
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


def test_h15_a_reference_to_a_tool_becomes_a_sentence(api: ScriptedApi, run: Any) -> None:
    run(SEARCHED, tools=[SEARCH, *TOOLS], lines=with_reference)

    assert "[Tool references removed - tool search not enabled]" in str(seen(api.last)[-1])


def test_h15_with_its_tool_search_it_asks_once_more_without_them(api: ScriptedApi, run: Any) -> None:
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
    api: ScriptedApi, run: Any, model: str, without: list[str], sent_efforts: list[str]
) -> None:
    def with_effort(data: bytes) -> bytes:
        return data.replace(b'"type":"assistant",', b'"type":"assistant","perTurnEffort":"low",', 1)

    def asked_for_high(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        return dataclasses.replace(options, env={**options.env, "CLAUDE_CODE_EFFORT_LEVEL": "high"})

    run(HISTORY, model=model, without=without, lines=with_effort, change=asked_for_high)

    efforts = [m["output_config"]["effort"] for m in api.last["messages"] if "output_config" in m]
    assert efforts == sent_efforts


# What is lost on the way (the other rows: test_carried.py)


def test_d6_a_settings_file_over_2_mib_is_refused(api: ScriptedApi, run: Any) -> None:
    def of_bytes(count: int) -> Callable[[ClaudeAgentOptions], ClaudeAgentOptions]:
        def change(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
            file = Path(str(options.settings))
            file.write_bytes(file.read_bytes().ljust(count))
            return options

        return change

    run(HISTORY, change=of_bytes(2 * 1024 * 1024))
    assert seen(api.last) == sent(HISTORY)

    with pytest.raises(Exception, match="exit code 1"):
        run(HISTORY, change=of_bytes(2 * 1024 * 1024 + 1))


# Parked tools


@pytest.mark.parametrize("errors", ["none", "all", "every second"])
def test_t1_several_results_at_once_enter_in_an_order_of_the_clis_own(
    api: ScriptedApi, run: Any, errors: str
) -> None:
    """Seen in 80 of 80 rounds: the first ones come last. Nobody can say ahead how its loop goes."""
    ids = [f"t{n:02}" for n in range(20)]

    async def answer_all(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(ids)
        for n, tool_use_id in enumerate(ids):
            is_error = errors == "all" or (errors == "every second" and n % 2 == 1)
            parked.give(result(tool_use_id, "r", is_error=is_error), end_turn=False)

    api.reply(Reply(tuple(map(call, ids))))
    run([user("go")], then=answer_all)

    seen_ids = [block["tool_use_id"] for block in seen(api.last)[-1]["content"]]
    assert sorted(seen_ids) == ids
    assert seen_ids != ids


def test_t2_calls_of_a_turn_are_made_together(api: ScriptedApi, run: Any) -> None:
    async def wait(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for([f"t{n}" for n in range(30)])
        for n in range(30):
            parked.give(result(f"t{n}", "r"), end_turn=False)

    api.reply(Reply(tuple(call(f"t{n}") for n in range(30))))
    run([user("go")], then=wait)

    assert len(seen(api.last)[-1]["content"]) == 30


@pytest.mark.parametrize(("second_is_error", "model_calls"), [(False, 1), (True, 2)])
def test_t3_a_turn_ends_behind_results_unless_all_are_errors(
    api: ScriptedApi, run: Any, second_is_error: bool, model_calls: int
) -> None:
    async def end(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(["t1", "t2"])
        parked.give(result("t1", "bad", is_error=True), end_turn=True)
        parked.give(result("t2", "r", is_error=second_is_error), end_turn=True)

    api.reply(Reply((call("t1"), call("t2"))))
    run([user("go")], then=end)

    assert len(api.exchanges) == model_calls


# What ends a turn


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal", "model_context_window_exceeded"])
def test_e1_the_cli_goes_on_by_itself(api: ScriptedApi, run: Any, stop_reason: str) -> None:
    api.reply(Reply((text("cut"),), stop_reason=stop_reason))
    run(HISTORY, without=["CLAUDE_CODE_DISABLE_REFUSAL_RETRY"])

    assert len(api.exchanges) == 2


def test_e2_its_own_betas_make_it_repeat_a_400(api: ScriptedApi, run: Any) -> None:
    failure = Failure(400, "invalid_request_error", "no")
    api.reply(failure, failure, failure)
    run(HISTORY)
    assert len(api.exchanges) == 1

    api.clear()
    api.reply(failure, failure, failure)
    run(HISTORY, without=["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"])
    assert len(api.exchanges) == 2


def test_e3_a_404_is_tried_once_more_without_streaming(api: ScriptedApi, run: Any) -> None:
    failure = Failure(404, "not_found_error", "no")
    api.reply(failure, failure, failure)
    run(HISTORY)

    assert [exchange.body.get("stream", False) for exchange in api.exchanges] == [True, False]


def test_e4_a_stream_that_breaks_is_closed_without_a_stop_reason(api: ScriptedApi, run: Any) -> None:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    api.reply(Reply((text("some text"),), chunk_chars=2, error_after_events=(4, error)))
    said = run(HISTORY)

    deltas = [m.event for m in said if isinstance(m, StreamEvent) and m.event["type"] == "message_delta"]
    assert [event["delta"]["stop_reason"] for event in deltas] == [None]
    assert said[-1].is_error
    assert len(api.exchanges) == 1


THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
WEB_SEARCH = {
    "type": "server_tool_use",
    "id": "srvtoolu_1",
    "name": "web_search",
    "input": {"query": "canals"},
}
NOTHING_TO_SHOW = ((), (text(""),), (text(" \n\u00a0\ufeff"),), (THOUGHT,), (WEB_SEARCH,))


@pytest.mark.parametrize(
    "content", NOTHING_TO_SHOW, ids=["none", "empty", "blank", "thinking", "server's tool"]
)
@pytest.mark.parametrize("stop_reason", ["end_turn", "stop_sequence"])
def test_e6_an_answer_that_shows_nothing_makes_it_ask_for_more(
    api: ScriptedApi, run: Any, content: tuple[Json, ...], stop_reason: str
) -> None:
    api.reply(Reply(content, stop_reason=stop_reason))
    run(HISTORY)

    assert len(api.exchanges) == 2
    assert "[Your previous response had no visible output." in str(api.last["messages"][-1])


@pytest.mark.parametrize("content", [(), (THOUGHT,), (WEB_SEARCH,)], ids=["none", "thought", "search"])
def test_e6_a_pause_does_not(api: ScriptedApi, run: Any, content: tuple[Json, ...]) -> None:
    api.reply(Reply(content, stop_reason="pause_turn"))
    run(HISTORY)

    assert len(api.exchanges) == 1


def test_e7_a_call_that_is_announced_and_missing_is_asked_for(api: ScriptedApi, run: Any) -> None:
    api.reply(Reply((text("I call it now."),), stop_reason="tool_use"))
    run(HISTORY)

    assert len(api.exchanges) == 2
    assert "failed to produce a valid tool call" in str(api.last["messages"][-1])


@pytest.mark.parametrize("tool_use_id", ["", None, 5])
def test_e8_calls_without_an_id_make_it_ask_again_and_again(
    api: ScriptedApi, run: Any, tool_use_id: str | int | None
) -> None:
    api.reply(*[Reply(({**call(""), "id": tool_use_id},))] * 5)
    run(HISTORY)

    assert len(api.exchanges) == 6


def test_e8_the_result_of_a_call_with_the_id_of_another_is_lost(api: ScriptedApi, run: Any) -> None:
    async def answer(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(["t1"])
        parked.give(result("t1", "the second result"), end_turn=False)

    api.reply(Reply((call("t1", path="b"),)))
    run([user("one"), assistant(call("t1", path="a")), user(result("t1", "the first result"))], then=answer)

    assert "[Tool use interrupted]" in str(api.last["messages"])
    assert "the second result" not in str(api.last["messages"])


# What is kept out of the requests


@pytest.mark.parametrize(
    ("variable", "field", "model"),
    [
        ("CLAUDE_CODE_DISABLE_THINKING", "thinking", "claude-sonnet-4-5"),
        ("CLAUDE_CODE_EFFORT_LEVEL", "output_config", "claude-opus-5-5"),
    ],
)
def test_n1_parameters_that_nobody_sent(
    api: ScriptedApi, run: Any, variable: str, field: str, model: str
) -> None:
    run(HISTORY, model=model)
    assert field not in api.last

    run(HISTORY, model=model, without=[variable])
    assert field in api.last


def test_n2_an_old_model_is_not_replaced(api: ScriptedApi, run: Any) -> None:
    run(HISTORY, model="claude-opus-4-20250514")
    assert api.last["model"] == "claude-opus-4-20250514"

    run(HISTORY, model="claude-opus-4-20250514", without=["CLAUDE_CODE_DISABLE_LEGACY_MODEL_REMAP"])
    assert api.last["model"] != "claude-opus-4-20250514"


def test_n3_a_tool_called_agent_brings_no_list_of_agents(api: ScriptedApi, run: Any) -> None:
    tools = [{"name": "Agent", "description": "d", "input_schema": {"type": "object"}}]
    run([user("go")], tools=tools)
    assert "Available agent types" not in str(api.last["messages"])

    run([user("go")], tools=tools, without=["CLAUDE_AGENT_SDK_DISABLE_BUILTIN_AGENTS"])
    assert "Available agent types" in str(api.last["messages"])


def test_n7_the_cli_refuses_no_size_by_itself(api: ScriptedApi, run: Any) -> None:
    large = [user("x" * 1_000_000)]
    run(large)
    assert seen(api.last) == sent(large)

    api.clear()
    said = run(large, without=["CLAUDE_CODE_MAX_CONTEXT_TOKENS"])
    assert said[-1].is_error
    assert api.exchanges == []


@pytest.mark.parametrize(
    ("credential", "asked", "life"),
    [
        ("ANTHROPIC_API_KEY", {}, "5m"),
        ("CLAUDE_CODE_OAUTH_TOKEN", {}, "1h"),
        ("CLAUDE_CODE_OAUTH_TOKEN", {"FORCE_PROMPT_CACHING_5M": "1"}, "5m"),
        ("ANTHROPIC_API_KEY", {"ENABLE_PROMPT_CACHING_1H": "1"}, "1h"),
        ("CLAUDE_CODE_OAUTH_TOKEN", {"ENABLE_PROMPT_CACHING_1H": "1"}, "1h"),
    ],
)
def test_k4_how_long_its_cache_marks_live(
    api: ScriptedApi, run: Any, credential: str, asked: dict[str, str], life: str
) -> None:
    def changed(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        kept = {name: value for name, value in options.env.items() if name != "FORCE_PROMPT_CACHING_5M"}
        return dataclasses.replace(
            options, env={**kept, "ANTHROPIC_API_KEY": "", credential: "dummy", **asked}
        )

    run(HISTORY, change=changed)

    blocks = [*api.last["system"], *(block for m in api.last["messages"] for block in m["content"])]
    marks = [block["cache_control"] for block in blocks if "cache_control" in block]
    assert [mark.get("ttl", "5m") for mark in marks] == [life] * 3
    assert "extended-cache-ttl" not in api.exchanges[-1].headers["anthropic-beta"]


def test_n4_an_empty_variable_is_an_unset_one(api: ScriptedApi, run: Any) -> None:
    def without_key(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
        return dataclasses.replace(options, env={**options.env, "ANTHROPIC_API_KEY": ""})

    said = run(HISTORY, change=without_key)

    assert "Not logged in" in said[-1].result
    assert api.exchanges == []


def test_n5_what_the_cli_adds(api: ScriptedApi, run: Any) -> None:
    run([user("hello")])

    added = [block["text"] for block in api.last["messages"][0]["content"][:-1]]
    assert [block.splitlines()[1][:15] for block in added] == [
        "# Environment",
        "You are powered",
        "Today's date is",
    ]
    assert len(api.last["system"]) == 3


# Limits of an account


def with_a_login(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    """As with a plan's login: the CLI takes a token for one, and nothing here looks at it."""
    own = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "dummy"}
    return dataclasses.replace(options, env={**options.env, **own})


def infos(said: Sequence[Any]) -> list[Json]:
    return [message.rate_limit_info.raw for message in said if isinstance(message, RateLimitEvent)]


def then_say(*texts: str) -> Then:
    """A turn for each of these before the one that the test looks at."""

    async def say(client: ClaudeSDKClient, _: ParkedTools) -> None:
        for said in texts:
            async for _message in client.receive_response():
                pass
            await client.query(said)

    return say


def test_l1_with_a_key_the_cli_says_nothing_of_limits(api: ScriptedApi, run: Any) -> None:
    api.reply(Reply((text("yes"),), headers=WITHIN))
    assert infos(run(HISTORY)) == []

    api.reply(Failure(429, "rate_limit_error", "slow down", headers={**REFUSED, "retry-after": "7654321"}))
    said = run(HISTORY)
    assert infos(said) == []
    assert "7654321" not in str(said)  # two digits alone stand in many an id


def test_l2_with_a_login_it_says_so_behind_the_answer(api: ScriptedApi, run: Any) -> None:
    api.reply(Reply((text("yes"),), headers=WITHIN, pause_seconds=0.02))
    said = run(HISTORY, change=with_a_login)

    kinds = [m.event["type"] if isinstance(m, StreamEvent) else type(m).__name__ for m in said]
    assert kinds[kinds.index("message_stop") :] == ["message_stop", "RateLimitEvent", "ResultMessage"]
    assert infos(said) == [
        {
            "status": "allowed",
            "rateLimitType": "five_hour",
            "resetsAt": RESET,
            "overageStatus": "rejected",
            "overageDisabledReason": "out_of_credits",
            "isUsingOverage": False,
            "unifiedWindows": {
                "five_hour": {"status": "allowed", "utilization": 0.42, "resetsAt": RESET},
                "seven_day": {"status": "allowed", "utilization": 0.11, "resetsAt": RESET + 86_400},
            },
        }
    ]


def test_l3_it_says_only_what_differs_from_what_it_said_before(api: ScriptedApi, run: Any) -> None:
    api.reply(Reply((text("one"),), headers=WITHIN), Reply((text("two"),), headers=WITHIN))
    assert infos(run(HISTORY, change=with_a_login, then=then_say("again"))) == []

    api.reply(Reply((text("one"),), headers=WITHIN), Reply((text("two"),), headers=ON_EXTRA_USAGE))
    (said,) = infos(run(HISTORY, change=with_a_login, then=then_say("again")))
    assert (said["status"], said["isUsingOverage"], said["overageInUse"]) == ("rejected", True, True)


def test_l4_a_refusal_is_told_before_the_turn_ends(api: ScriptedApi, run: Any) -> None:
    api.reply(Failure(429, "rate_limit_error", "no", headers=REFUSED))
    said = run(HISTORY, change=with_a_login)

    (info,) = infos(said)
    assert (info["status"], info["resetsAt"], info["isUsingOverage"]) == ("rejected", RESET, False)
    assert isinstance(said[-1], ResultMessage)
    assert said[-1].api_error_status == 429


def test_l5_of_an_answer_that_breaks_off_it_says_nothing(api: ScriptedApi, run: Any) -> None:
    api.reply(Reply((text("some text"),), headers=WITHIN, cut_after_events=3, pause_seconds=0.02))

    assert infos(run(HISTORY, change=with_a_login)) == []


# What it takes of the machine


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names in /proc")
def test_m1_garbage_is_collected_at_an_interval_that_can_be_set(
    api: ScriptedApi, run: Any, tmp_path: Path
) -> None:
    def collectors() -> list[str]:
        (cli,) = cli_processes(tmp_path)
        names = [thread.read_text() for thread in Path(f"/proc/{cli.pid}/task").glob("*/comm")]
        return [name for name in names if name.startswith("HeapHelper")]

    seen_at_the_end_of_a_reply = []

    async def look(client: ClaudeSDKClient, _: ParkedTools) -> None:
        await until_reply_ends(client)
        seen_at_the_end_of_a_reply.append(collectors())

    often = {"BUN_GC_TIMER_INTERVAL": "20"}
    run(HISTORY, then=look)
    run(HISTORY, then=look, change=lambda ours: dataclasses.replace(ours, env={**ours.env, **often}))

    assert [bool(threads) for threads in seen_at_the_end_of_a_reply] == [False, True]
