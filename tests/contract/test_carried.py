"""What the CLI leaves out of a request, or takes for itself: one test a row of docs/engine.md.

Here nothing is checked before it: the process is given what the rules refuse (``core/reading/rules``).
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.fidelity import Json, assistant, call, image, result, seen, sent, text, user
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.passthrough import PassthroughProcess
from towpath.core.launch import Launch
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
THINKING = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "eHg="}


@pytest.fixture
def ask(scripted_api: tuple[ScriptedApi, str], api: ScriptedApi, tmp_path: Path) -> Callable[..., Json]:
    """Start a process on a conversation with these top-level fields; what reached the API."""
    environment = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)

    async def asked(messages: list[Json], body: Json) -> None:
        launch = Launch("claude-sonnet-4-5", "", body, str(tmp_path))
        process = PassthroughProcess(
            launch, tmp_path / "own", environment, start_timeout_seconds=60, on_verdict=lambda _: None
        )
        try:
            await process.start(messages, {}, on_end=lambda: None)
            async for _ in process.events():
                pass
        finally:
            await process.stop()
            await process.remove_files()

    def ask_one(messages: list[Json], **fields: Any) -> Json:
        asyncio.run(asked(messages, {"max_tokens": 100, **fields}))
        return api.last

    return ask_one


def test_d1_it_writes_calls_again_and_passes_other_blocks_on(ask: Any) -> None:
    odd: Json = {"unknown": 1}
    said = [{**block, **odd} for block in (THINKING, text("b"), SEARCH, FOUND, {"type": "future_block"})]
    asked = [{**block, **odd} for block in (text("a"), image())]
    messages = [user(*asked), assistant(*said, {**call("t1"), **odd}), user(result("t1", "r"))]

    assert seen(ask(messages))[:2] == sent([messages[0], assistant(*said, call("t1"))])


@pytest.mark.parametrize("after", [(), (call("t1"),)])
def test_d2_it_leaves_out_a_call_of_the_apis_own_tools_without_its_result(ask: Any, after: Any) -> None:
    newest = user(result("t1", "r")) if after else user("c")
    messages = [user("a"), assistant(SEARCH, "b", *after), newest]

    assert seen(ask(messages))[1:2] == sent([assistant("b", *after)])


def test_d2_with_its_result_it_arrives_wherever_that_stands(ask: Any) -> None:
    messages = [user("a"), assistant(FOUND, "b", SEARCH, THINKING, "c"), user("d")]

    assert seen(ask(messages)) == sent(messages)


def test_d3_it_leaves_out_what_was_said_without_a_word_and_joins_texts(ask: Any) -> None:
    asked = [user("a"), assistant(text("")), user("b"), assistant(text(" \n")), user("c")]
    asked += [assistant(THINKING), user("d"), assistant(REDACTED), user("e")]

    assert seen(ask(asked)) == sent([user("a\n", "b\n", "c\n", "d\n", "e")])


TAKEN_FOR = {
    "betas": "anthropic-beta",
    "user_profile_id": "anthropic-user-profile-id",
    "workspace_id": "anthropic-workspace-id",
}


def test_d4_it_takes_fields_of_the_extra_body_for_headers(ask: Any, api: ScriptedApi) -> None:
    body = ask([user("a")], **dict.fromkeys(TAKEN_FOR, "taken"))

    assert not TAKEN_FOR.keys() & body.keys()
    assert {api.exchanges[-1].headers[header] for header in TAKEN_FOR.values()} == {"taken"}


def test_d4_a_use_case_makes_it_ignore_the_whole_extra_body(ask: Any) -> None:
    body = ask([user("a")], top_k=3, program_use_case_id="p")

    assert "top_k" not in body
    assert body["max_tokens"] > 100


def test_d5_it_takes_objects_of_the_extra_body_apart(ask: Any) -> None:
    body = ask([user("a")], thinking={"type": "disabled", "display": "omitted"}, output_config="low")

    assert body["thinking"] == {"type": "disabled"}
    assert body["output_config"] == {"0": "l", "1": "o", "2": "w"}
