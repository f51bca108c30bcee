"""What ends a turn, and what makes the CLI ask the model once more (engine.md, E).

When a release changes a fact, its test here names it.
"""

import pytest
from claude_agent_sdk import ClaudeSDKClient, StreamEvent

from tests.contract.bare_cli import HISTORY, Run, then_say, until_reply_ends
from tests.support.fidelity import Json, assistant, call, result, text, user
from towpath.agent.parked_tools import ParkedTools
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli


def test_e1_the_cli_goes_on_unasked(api: ScriptedApi, run: Run) -> None:
    reasons = ("max_tokens", "refusal", "model_context_window_exceeded")
    for reason in reasons:
        api.reply(Reply((text("cut"),), stop_reason=reason), Reply((text("the rest"),)))
    run(HISTORY, without=["CLAUDE_CODE_DISABLE_REFUSAL_RETRY"], then=then_say("again", "and again"))

    assert len(api.exchanges) == 2 * len(reasons)


def test_e2_its_own_betas_make_it_repeat_a_400(api: ScriptedApi, run: Run) -> None:
    failure = Failure(400, "invalid_request_error", "no")
    api.reply(failure, failure, failure)
    run(HISTORY)
    assert len(api.exchanges) == 1

    api.clear()
    api.reply(failure, failure, failure)
    run(HISTORY, without=["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"])
    assert len(api.exchanges) == 2


def test_e3_a_404_is_tried_once_more_without_streaming(api: ScriptedApi, run: Run) -> None:
    failure = Failure(404, "not_found_error", "no")
    api.reply(failure, failure, failure)
    run(HISTORY)

    assert [exchange.body.get("stream", False) for exchange in api.exchanges] == [True, False]


def test_e4_a_stream_that_breaks_is_closed_without_a_stop_reason(api: ScriptedApi, run: Run) -> None:
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


@pytest.mark.parametrize("stop_reason", ["end_turn", "stop_sequence"])
def test_e6_an_answer_that_shows_nothing_makes_it_ask_for_more(
    api: ScriptedApi, run: Run, stop_reason: str
) -> None:
    for content in NOTHING_TO_SHOW:
        api.reply(Reply(content, stop_reason=stop_reason), Reply((text("something"),)))
    run(HISTORY, then=then_say(*["again"] * (len(NOTHING_TO_SHOW) - 1)))

    asked = [str(exchange.body["messages"][-1]) for exchange in api.exchanges]
    is_asked_for_more = ["[Your previous response had no visible output." in newest for newest in asked]
    assert is_asked_for_more == [False, True] * len(NOTHING_TO_SHOW)


def test_e6_a_pause_does_not(api: ScriptedApi, run: Run) -> None:
    contents: tuple[tuple[Json, ...], ...] = ((), (THOUGHT,), (WEB_SEARCH,))
    api.reply(*(Reply(content, stop_reason="pause_turn") for content in contents))
    run(HISTORY, then=then_say("again", "and again"))

    assert len(api.exchanges) == len(contents)


def test_e7_a_call_that_is_announced_and_missing_is_asked_for(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("I call it now."),), stop_reason="tool_use"))
    run(HISTORY)

    assert len(api.exchanges) == 2
    assert "failed to produce a valid tool call" in str(api.last["messages"][-1])


def test_e8_calls_without_an_id_make_it_ask_again_and_again(api: ScriptedApi, run: Run) -> None:
    ids = ("", None, 5)
    for tool_use_id in ids:
        api.reply(*[Reply(({**call(""), "id": tool_use_id},))] * 5, Reply((text("so"),)))
    run(HISTORY, then=then_say("again", "and again"))

    assert len(api.exchanges) == 6 * len(ids)


def test_e8_the_result_of_a_call_with_the_id_of_another_is_lost(api: ScriptedApi, run: Run) -> None:
    async def answer(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(["t1"])
        parked.give(result("t1", "the second result"), end_turn=False)

    api.reply(Reply((call("t1", path="b"),)))
    run([user("one"), assistant(call("t1", path="a")), user(result("t1", "the first result"))], then=answer)

    assert "[Tool use interrupted]" in str(api.last["messages"])
    assert "the second result" not in str(api.last["messages"])
