"""Who else can make a CLI ask the model: rows O1 to O4 of docs/engine.md.

Each door is opened once, to see that it is one; then it is closed as Towpath closes it.
"""

import asyncio
import dataclasses
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage

from tests.support.fidelity import seen, sent, user
from tests.support.processes import doors_of, wait_until
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.history_lines import session_lines
from towpath.agent.options import agent_options
from towpath.agent.parked_tools import ParkedTools
from towpath.core.launch import Launch
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

OptionsFor = Callable[..., ClaudeAgentOptions]
MINUTE_MS = 60_000


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A working folder with a project's own configuration."""
    folder = tmp_path / "work"
    (folder / ".claude").mkdir(parents=True)
    return folder


@pytest.fixture
def options_for(scripted_api: tuple[ScriptedApi, str], tmp_path: Path, workspace: Path) -> OptionsFor:
    """Our options for a CLI without a history; some variables and settings taken away."""

    def make(*, without: Sequence[str] = ()) -> ClaudeAgentOptions:
        launch = Launch("claude-sonnet-4-5", "You are a test.", {"max_tokens": 100}, str(workspace))
        file = tmp_path / str(uuid.uuid4()) / f"{uuid.uuid4()}.jsonl"
        file.parent.mkdir()
        file.write_bytes(
            session_lines(
                file.stem,
                [],
                {},
                cwd=launch.cwd,
                model=launch.model,
                version=BUNDLED_VERSION,
                timestamp="2026-11-28T08:00:00.000Z",
            )
        )
        all_clis = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)
        tools = ParkedTools(()).options()
        options = agent_options(launch, file.parent, file, tools, all_clis, continues=False)
        settings = Path(str(options.settings))
        kept = {k: v for k, v in orjson.loads(settings.read_bytes()).items() if k not in without}
        settings.write_bytes(orjson.dumps(kept))
        environment = {name: value for name, value in options.env.items() if name not in without}
        return dataclasses.replace(options, env=environment)

    return make


async def say(client: ClaudeSDKClient, words: str) -> None:
    await client.query(words)
    async for message in client.receive_messages():
        if isinstance(message, ResultMessage):
            return


def entry_of(options: ClaudeAgentOptions, home: Path) -> dict[str, Any]:
    """What the CLI with these options tells other sessions of itself.

    It writes that while its first turn runs, and the turn can end first: seen in one complete run of five.
    """
    session_id = Path(str(options.resume)).stem
    found: list[dict[str, Any]] = []

    def is_written() -> bool:
        texts = [path.read_text() for path in home.glob(".claude/sessions/*.json")]
        found[:] = [json.loads(text) for text in texts if session_id in text and text.endswith("}")]
        return bool(found)

    wait_until(is_written)
    return found[0]


def assert_closed(entry: dict[str, Any], home: Path) -> None:
    assert "messagingSocketPath" not in entry
    assert doors_of(psutil.Process(entry["pid"])) == []
    assert not list(home.glob(f".claude/sessions/{entry['pid']}.*.key"))


def send(address: str, words: str) -> None:
    """Put a message into an inbox, until it has been read."""
    line = {"type": "user", "message": {"role": "user", "content": words}}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(address)
        connection.sendall(orjson.dumps(line) + b"\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


async def talk_and_be_disturbed(options: ClaudeAgentOptions, home: Path) -> None:
    async with asyncio.timeout(60), ClaudeSDKClient(options) as client:
        await say(client, "hello")
        entry = await asyncio.to_thread(entry_of, options, home)
        await asyncio.to_thread(send, entry["messagingSocketPath"], "INJECTED")
        await say(client, "again")


UNDISTURBED = [user("hello"), {"role": "assistant", "content": "You said: hello"}, user("again")]


async def test_o1_other_sessions_can_send_messages_which_ask_the_model(
    api: ScriptedApi, options_for: OptionsFor, home: Path
) -> None:
    options = options_for(without=("CLAUDE_CODE_HARBOR_KITE", "crossSessionInbound"))
    await talk_and_be_disturbed(options, home)
    await asyncio.to_thread(api.wait_for, 3)

    assert any("INJECTED" in str(exchange.body) for exchange in api.exchanges)


async def test_o1_a_setting_turns_them_away(api: ScriptedApi, options_for: OptionsFor, home: Path) -> None:
    await talk_and_be_disturbed(options_for(without=("CLAUDE_CODE_HARBOR_KITE",)), home)

    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(UNDISTURBED)


async def test_o2_a_cli_of_ours_listens_nowhere(
    api: ScriptedApi, options_for: OptionsFor, home: Path
) -> None:
    options = options_for()

    async with asyncio.timeout(60), ClaudeSDKClient(options) as client:
        await say(client, "hello")
        assert_closed(await asyncio.to_thread(entry_of, options, home), home)


async def test_o3_the_tasks_of_a_project_ask_the_model(
    api: ScriptedApi, options_for: OptionsFor, workspace: Path
) -> None:
    """Of the one that does not know better the overdue task comes first: by then ours had its chance."""
    now = round(time.time() * 1000)
    overdue = {"id": "abcd1234", "cron": "* * * * *", "prompt": "OVERDUE", "recurring": True}
    tasks = {"tasks": [{**overdue, "createdAt": now - 120 * MINUTE_MS}]}
    (workspace / ".claude" / "scheduled_tasks.json").write_text(json.dumps(tasks))

    async with asyncio.timeout(60), ClaudeSDKClient(options_for()) as ours:
        await say(ours, "hello")
        async with ClaudeSDKClient(options_for(without=("CLAUDE_CODE_DISABLE_CRON",))) as other:
            await say(other, "hello")
            await asyncio.to_thread(api.wait_for, 3)
        await say(ours, "again")

    assert any("OVERDUE" in str(exchange.body) for exchange in api.exchanges)
    assert seen(api.last) == sent(UNDISTURBED)


async def test_o4_an_editor_that_waits_for_it_is_not_called(
    api: ScriptedApi, options_for: OptionsFor, workspace: Path, home: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as editor:
        port = editor.getsockname()[1]
        lock = home / ".claude" / "ide" / f"{port}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        offer = {"pid": os.getpid(), "workspaceFolders": [str(workspace)], "ideName": "An editor"}
        lock.write_text(json.dumps({**offer, "transport": "ws", "authToken": "dummy"}))

        async with asyncio.timeout(60), ClaudeSDKClient(options_for()) as client:
            await say(client, "hello")
            await say(client, "again")
        lock.unlink()
        editor.setblocking(False)
        with pytest.raises(BlockingIOError):
            editor.accept()
