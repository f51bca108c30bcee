"""What ends a turn, and what makes the CLI ask the model once more (engine.md, E).

When a release changes a fact, its test here names it.
"""

import pytest
from claude_agent_sdk import ClaudeSDKClient, StreamEvent

from tests.contract.bare_cli import HISTORY, Run, until_reply_ends
from tests.support.fidelity import Json, assistant, call, result, text, user
from towpath.agent.parked_tools import ParkedTools
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.parametrize("stop_reason", ["max_tokens", "refusal", "model_context_window_exceeded"])
def test_e1_the_cli_goes_on_by_itself(api: ScriptedApi, run: Run, stop_reason: str) -> None:
    api.reply(Reply((text("cut"),), stop_reason=stop_reason))
    run(HISTORY, without=["CLAUDE_CODE_DISABLE_REFUSAL_RETRY"])

    assert len(api.exchanges) == 2


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


@pytest.mark.parametrize(
    "content", NOTHING_TO_SHOW, ids=["none", "empty", "blank", "thinking", "server's tool"]
)
@pytest.mark.parametrize("stop_reason", ["end_turn", "stop_sequence"])
def test_e6_an_answer_that_shows_nothing_makes_it_ask_for_more(
    api: ScriptedApi, run: Run, content: tuple[Json, ...], stop_reason: str
) -> None:
    api.reply(Reply(content, stop_reason=stop_reason))
    run(HISTORY)

    assert len(api.exchanges) == 2
    assert "[Your previous response had no visible output." in str(api.last["messages"][-1])


@pytest.mark.parametrize("content", [(), (THOUGHT,), (WEB_SEARCH,)], ids=["none", "thought", "search"])
def test_e6_a_pause_does_not(api: ScriptedApi, run: Run, content: tuple[Json, ...]) -> None:
    api.reply(Reply(content, stop_reason="pause_turn"))
    run(HISTORY)

    assert len(api.exchanges) == 1


def test_e7_a_call_that_is_announced_and_missing_is_asked_for(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("I call it now."),), stop_reason="tool_use"))
    run(HISTORY)

    assert len(api.exchanges) == 2
    assert "failed to produce a valid tool call" in str(api.last["messages"][-1])


@pytest.mark.parametrize("tool_use_id", ["", None, 5])
def test_e8_calls_without_an_id_make_it_ask_again_and_again(
    api: ScriptedApi, run: Run, tool_use_id: str | int | None
) -> None:
    api.reply(*[Reply(({**call(""), "id": tool_use_id},))] * 5)
    run(HISTORY)

    assert len(api.exchanges) == 6


def test_e8_the_result_of_a_call_with_the_id_of_another_is_lost(api: ScriptedApi, run: Run) -> None:
    async def answer(client: ClaudeSDKClient, parked: ParkedTools) -> None:
        await until_reply_ends(client)
        await parked.wait_for(["t1"])
        parked.give(result("t1", "the second result"), end_turn=False)

    api.reply(Reply((call("t1", path="b"),)))
    run([user("one"), assistant(call("t1", path="a")), user(result("t1", "the first result"))], then=answer)

    assert "[Tool use interrupted]" in str(api.last["messages"])
    assert "the second result" not in str(api.last["messages"])
