"""Which model calls a CLI may make, and what ends it."""

from typing import Any

import pytest

from tests.support.fidelity import Json, assistant, call, text, user
from towpath.agent.model_calls import ModelCalls, goes_on_after


def event(kind: str, parent: str | None = None, **fields: Any) -> Json:
    """A stream event, as the CLI says it."""
    said = {"type": kind, **fields}
    return {"type": "stream_event", "parent_tool_use_id": parent, "event": said}


def began(parent: str | None = None) -> Json:
    return event("message_start", parent, message={"content": []})


def called(tool_use_id: object, parent: str | None = None) -> Json:
    return event("content_block_start", parent, content_block={**call(""), "id": tool_use_id})


def test_an_exchange_of_passthrough_mode_is_one_call() -> None:
    calls = ModelCalls(one_each=True)
    calls.expect()

    assert calls.hear(began()) is None
    assert calls.hear(began()) is not None


def test_a_turn_of_internal_mode_is_many_until_its_result() -> None:
    calls = ModelCalls(one_each=False)
    calls.expect()

    assert [calls.hear(began()) for _ in range(3)] == [None] * 3
    assert calls.hear({"type": "result"}) is None
    assert calls.hear(began()) is not None


def test_a_call_without_an_exchange_is_none_of_the_clients() -> None:
    assert ModelCalls(one_each=True).hear(began()) is not None
    assert ModelCalls(one_each=False).hear(began()) is not None


def test_the_calls_of_subagents_belong_to_the_turn_that_runs() -> None:
    calls = ModelCalls(one_each=False)
    calls.expect()
    calls.hear(began())
    calls.hear(called("toolu_1"))

    assert calls.hear(began("toolu_1")) is None
    assert calls.hear(called("toolu_1", "toolu_1")) is None  # a conversation of its own
    assert calls.hear(called("toolu_1", "toolu_1")) is not None
    assert calls.newest.message["content"] == [{**call(""), "id": "toolu_1"}]


@pytest.mark.parametrize("tool_use_id", ["", None, 5, True, ["toolu_1"], "of the history", "of this turn"])
def test_a_call_needs_an_id_of_its_own(tool_use_id: object) -> None:
    calls = ModelCalls(one_each=True)
    calls.remember([user("one"), assistant(call("of the history"))])
    calls.expect()
    calls.hear(began())
    assert calls.hear(called("of this turn")) is None

    problem = calls.hear(called(tool_use_id))
    assert problem is not None
    assert (problem.status, problem.type) == (502, "api_error")


@pytest.mark.parametrize(
    ("reason", "content", "goes_on"),
    [
        ("max_tokens", [text("cut")], True),
        ("max_tokens", [call("toolu_1")], True),
        ("end_turn", [text("said")], False),
        ("end_turn", [text(" \u00a0\ufeff")], True),
        ("end_turn", [call("toolu_1")], False),
        ("end_turn", [{"type": "server_tool_use"}], True),
        ("stop_sequence", [], True),
        ("stop_sequence", [text("said")], False),
        ("pause_turn", [], False),
        ("tool_use", [text("said")], True),
        ("tool_use", [call("toolu_1")], False),
        (None, [], False),
    ],
)
def test_the_cli_goes_on_after(reason: str | None, content: list[Json], goes_on: bool) -> None:
    assert goes_on_after({"stop_reason": reason, "content": content}) is goes_on
