"""A CLI that asks the model without a request of a client: ended as the answer to that begins."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.fidelity import Json, user
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.passthrough import PassthroughProcess
from towpath.core.launch import Launch
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.parametrize("messages", [[], [user("hello")]], ids=["a spare", "an idle one"])
async def test_a_cli_that_asks_on_its_own_is_ended(
    scripted_api: tuple[ScriptedApi, str], api: ScriptedApi, tmp_path: Path, messages: list[Json]
) -> None:
    launch = Launch("claude-sonnet-4-5", "You are a test.", {"max_tokens": 100}, str(tmp_path))
    environment = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)
    process = PassthroughProcess(
        launch, tmp_path / "own", environment, start_timeout_seconds=60, on_verdict=lambda _: None
    )

    has_ended = asyncio.Event()
    await process.start(messages, {}, on_end=has_ended.set)
    if messages:
        assert [event["type"] async for event in process.events()][-1] == "message_stop"
        await process.settle()
    assert not process.has_ended
    assert process._client
    await process._client.query("what no client has said")
    async with asyncio.timeout(60):
        await has_ended.wait()
    await process.stop()
    assert process.has_ended
    assert len(api.exchanges) == len(messages) + 1
