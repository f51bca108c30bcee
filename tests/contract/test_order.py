"""Results reach the model in the client's order, however many there are and whatever they are."""

import os
from pathlib import Path
from random import Random

import pytest

from tests.support.fidelity import TOOLS, Json, call, result, seen, sent, user
from tests.support.profiles import scaled
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.passthrough import PassthroughProcess
from towpath.core.launch import Launch
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

CALLS = 20
ROUNDS = scaled(5, 30)


async def test_many_results_of_all_sizes_keep_their_order(
    scripted_api: tuple[ScriptedApi, str], api: ScriptedApi, tmp_path: Path
) -> None:
    launch = Launch("claude-sonnet-4-5", "A test.", {"max_tokens": 100, "tools": TOOLS}, str(tmp_path))
    environment = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)
    process = PassthroughProcess(
        launch, tmp_path / "own", environment, start_timeout_seconds=60, on_verdict=lambda _: None
    )
    asked = [tuple(call(f"t{number}-{n}") for n in range(CALLS)) for number in range(ROUNDS)]
    answered = [answers(Random(number), calls) for number, calls in enumerate(asked)]
    api.reply(*map(Reply, asked))

    await process.start([user("go")], {}, on_end=lambda: None)
    for results in answered:
        assert [event["type"] async for event in process.events()][-1] == "message_stop"
        await process.settle()
        await process.send(results)
    assert [event["type"] async for event in process.events()][-1] == "message_stop"
    await process.stop()
    newest = [seen({"messages": exchange.body["messages"][-1:]}) for exchange in api.exchanges[1:]]
    assert newest == [sent([user(*results)]) for results in answered]


def answers(chance: Random, calls: tuple[Json, ...]) -> list[Json]:
    """A result for each call, in the calls' order or another, small and large, errors among them."""
    results = []
    for one in calls:
        is_error = chance.random() < 0.3
        size = chance.choice([1, 200, 9_000] if is_error else [1, 200, 9_000, 60_000])
        results.append(result(one["id"], "r" * size, is_error=is_error))
    return results if chance.random() < 0.5 else chance.sample(results, len(results))
