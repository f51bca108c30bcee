"""The gate between the real CLI and the model: row E12 of docs/engine.md."""

import asyncio
import dataclasses
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import ClaudeSDKClient, Message, ResultMessage, StreamEvent

from tests.support.fidelity import TOOLS, Json, assistant, call, result, seen, sent, text, user
from tests.support.profiles import by_day
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.gate import CallGate
from towpath.agent.history_lines import session_lines
from towpath.agent.options import agent_options
from towpath.agent.parked_tools import ParkedTools
from towpath.core.launch import Launch
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

# Without the gate the CLI asks again within some 10 ms.
LONG_SECONDS = 0.5
THINKING = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "canals"}}
STRANGE = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "n", "server_name": "s", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CALLED = [user("hello"), assistant(call("toolu_1")), user(result("toolu_1", "one"))]

GOES_ON_AFTER: dict[str, Reply] = {
    "no block": Reply(()),
    "white space": Reply((text(" \n"),)),
    "thinking": Reply((THINKING,)),
    "a server's tool": Reply((SEARCH, FOUND)),
    "max_tokens": Reply((text("cut"),), stop_reason="max_tokens"),
    "the context window": Reply((text("cut"),), stop_reason="model_context_window_exceeded"),
    "a call that is missing": Reply((text("I call it."),), stop_reason="tool_use"),
    "a block that it cannot read": Reply((SEARCH, FOUND, STRANGE, text("and so on"))),
    "a call of an unknown tool": Reply(({**call("toolu_9"), "name": "nobody"},)),
    "a call without an id": Reply((call(""),)),
}


class Cli:
    """A CLI with our options, a gate and nobody who kills it."""

    def __init__(self, url: str, folder: Path, messages: Sequence[Json], *, closed: bool = True) -> None:
        folder.mkdir()
        launch = Launch(
            "claude-sonnet-4-5", "You are a test.", {"max_tokens": 100, "tools": list(TOOLS)}, str(folder)
        )
        file = folder / "00000000-0000-4000-8000-000000000000.jsonl"
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        file.write_bytes(
            session_lines(
                file.stem,
                messages,
                {},
                cwd=launch.cwd,
                model=launch.model,
                version=BUNDLED_VERSION,
                timestamp=now,
            )
        )
        self.gate = CallGate(folder, closed=closed, awaits_results=True)
        self.gate.open_file()
        self.parked = ParkedTools(launch.tool_names)
        self.said: list[Message] = []
        self.logged: list[str] = []
        environment = {**cli_environment(Upstream(url, "dummy"), os.environ), **self.gate.environment()}
        self._options = dataclasses.replace(
            agent_options(launch, folder, file, self.parked.options(), environment, continues=True),
            **self.gate.options(),
            stderr=self.logged.append,
            extra_args={"debug-to-stderr": None},
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.timeout(WAIT_SECONDS), ClaudeSDKClient(self._options) as client:
            self._messages = client.receive_messages()
            yield

    async def until_an_answer_ends(self) -> None:
        async for message in self._messages:
            self.said.append(message)
            if isinstance(message, StreamEvent) and message.event["type"] == "message_stop":
                return

    async def until_its_turn_ends(self) -> ResultMessage:
        async for message in self._messages:
            self.said.append(message)
            if isinstance(message, ResultMessage):
                return message
        raise AssertionError("it ended before its turn")

    def events(self) -> list[Json]:
        return [message.event for message in self.said if isinstance(message, StreamEvent)]


# A row of each kind that it would add: a note, the result of a call, and after what it cannot read.
BY_DAY = ("no block", "a call of an unknown tool", "a block that it cannot read")


@pytest.mark.parametrize("shape", GOES_ON_AFTER)
def test_e12_what_nobody_said_after_results_is_held_back(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path, shape: str
) -> None:
    assert_held_back(api, scripted_api[1], tmp_path / "cli", CALLED, shape)


@pytest.mark.parametrize("shape", by_day(BY_DAY, GOES_ON_AFTER))
def test_e12_what_nobody_said_after_a_question_is_held_back(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path, shape: str
) -> None:
    assert_held_back(api, scripted_api[1], tmp_path / "cli", [user("hello")], shape)


def assert_held_back(api: ScriptedApi, url: str, folder: Path, messages: Sequence[Json], shape: str) -> None:
    api.reply(GOES_ON_AFTER[shape])
    cli = Cli(url, folder, messages)

    async def talk() -> None:
        async with cli.running():
            await cli.until_an_answer_ends()
            await asyncio.sleep(LONG_SECONDS)

    asyncio.run(talk())
    assert len(api.exchanges) == 1


def test_e12_the_plugin_has_no_worker(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path
) -> None:
    """Else each start would cost 16 to 24 % more CPU."""
    cli = Cli(scripted_api[1], tmp_path / "cli", [user("hello")])

    async def talk() -> None:
        async with cli.running():
            await cli.until_its_turn_ends()

    asyncio.run(talk())
    assert any("hooks module towpath" in line and "loaded" in line for line in cli.logged)
    assert not any("hooks worker spawned" in line for line in cli.logged)


def test_e12_an_odd_id_stays_that_of_a_call(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path
) -> None:
    """As gateways have them. The hook on model calls would make a text of it."""
    api.reply(Reply((call("functions.read:0"),)))
    cli = Cli(scripted_api[1], tmp_path / "cli", [user("hello")])

    async def talk() -> None:
        async with cli.running():
            await cli.until_an_answer_ends()
            await cli.parked.wait_for(["functions.read:0"])

    asyncio.run(talk())


RICH = (
    THINKING,
    {**text("said"), "citations": [{"type": "char_location", "cited_text": "canal"}]},
    SEARCH,
    FOUND,
    {"type": "of_tomorrow", "value": {"a": 1}},
    text("and more " * 20),
)


def _second_answer(
    api: ScriptedApi, url: str, folder: Path, second: Reply | Failure, *, closed: bool
) -> tuple[list[Json], ResultMessage]:
    """The events of the answer to a call's result in one process, which the gate sees pass."""
    api.clear()
    api.reply(Reply((call("toolu_1"),)), second)
    cli = Cli(url, folder, [user("hello")], closed=closed)

    async def talk() -> ResultMessage:
        async with cli.running():
            await cli.parked.wait_for(["toolu_1"])
            cli.gate.let_pass(1)
            cli.parked.give_in_order([result("toolu_1", "one")], end_turn=False)
            return await cli.until_its_turn_ends()

    end = asyncio.run(talk())
    events = cli.events()
    last_start = max((n for n, event in enumerate(events) if event["type"] == "message_start"), default=0)
    return events[last_start:], end


def _without_ids(events: Sequence[Json]) -> list[Any]:
    return [{**event, "message": None} if event["type"] == "message_start" else event for event in events]


def test_e12_what_passes_arrives_as_without_the_gate(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path
) -> None:
    rich = Reply(RICH, usage={"input_tokens": 7})
    gated, _ = _second_answer(api, scripted_api[1], tmp_path / "gated", rich, closed=True)
    request = api.last
    ungated, _ = _second_answer(api, scripted_api[1], tmp_path / "open", rich, closed=False)

    assert _without_ids(gated) == _without_ids(ungated)
    assert seen(request) == sent(CALLED)


@pytest.mark.parametrize("status", [400, 429, 529])
def test_e12_an_error_of_a_call_that_passed_is_the_turns_result(
    api: ScriptedApi, scripted_api: tuple[ScriptedApi, str], tmp_path: Path, status: int
) -> None:
    failure = Failure(status, "some_error", "Not now.")
    _, end = _second_answer(api, scripted_api[1], tmp_path / "gated", failure, closed=True)

    assert end.is_error
    assert end.api_error_status == status
