"""Calls that wait for their results (engine.md, T).

When a release changes a fact, its test here names it.
"""

import pytest
from claude_agent_sdk import ClaudeSDKClient

from tests.contract.bare_cli import Run, until_reply_ends
from tests.support.fidelity import call, result, seen, user
from tests.support.profiles import by_day
from towpath.agent.parked_tools import ParkedTools
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.parametrize("errors", by_day(["every second"], ["none", "all", "every second"]))
def test_t1_several_results_at_once_enter_in_an_order_of_the_clis_own(
    api: ScriptedApi, run: Run, errors: str
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


def test_t2_calls_of_a_turn_are_made_together(api: ScriptedApi, run: Run) -> None:
    async def wait(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for([f"t{n}" for n in range(30)])
        for n in range(30):
            parked.give(result(f"t{n}", "r"), end_turn=False)

    api.reply(Reply(tuple(call(f"t{n}") for n in range(30))))
    run([user("go")], then=wait)

    assert len(seen(api.last)[-1]["content"]) == 30


@pytest.mark.parametrize(("second_is_error", "model_calls"), [(False, 1), (True, 2)])
def test_t3_a_turn_ends_after_results_unless_all_are_errors(
    api: ScriptedApi, run: Run, second_is_error: bool, model_calls: int
) -> None:
    async def end(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(["t1", "t2"])
        parked.give(result("t1", "bad", is_error=True), end_turn=True)
        parked.give(result("t2", "r", is_error=second_is_error), end_turn=True)

    api.reply(Reply((call("t1"), call("t2"))))
    run([user("go")], then=end)

    assert len(api.exchanges) == model_calls
