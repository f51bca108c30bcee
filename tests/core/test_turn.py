"""Several model calls as one message."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from towpath.core.events import Event, MessageFold
from towpath.core.turn import WholeTurn

Json = dict[str, Any]
TEXT: Json = {"type": "text", "text": ""}
THINKING: Json = {"type": "thinking", "thinking": "", "signature": ""}
CALL: Json = {"type": "tool_use", "id": "t", "name": "read", "input": {}}
DELTAS: dict[str, Json] = {
    "text": {"type": "text_delta", "text": "x"},
    "thinking": {"type": "thinking_delta", "thinking": "x"},
    "tool_use": {"type": "input_json_delta", "partial_json": "{}"},
}


def call(*blocks: Json, stop_reason: str = "tool_use", **usage: int) -> list[Event]:
    """The events of one model call."""
    events: list[Event] = [
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": usage}}
    ]
    for index, block in enumerate(blocks):
        events += [
            {"type": "content_block_start", "index": index, "content_block": dict(block)},
            {"type": "content_block_delta", "index": index, "delta": DELTAS[block["type"]]},
            {"type": "content_block_stop", "index": index},
        ]
    end = {"stop_reason": stop_reason, "stop_sequence": None}
    delta = {"type": "message_delta", "delta": end, "usage": {"output_tokens": usage.get("output_tokens", 0)}}
    return [*events, delta, {"type": "message_stop"}]


def as_one(*calls: list[Event]) -> tuple[list[Event], Json]:
    turn, fold = WholeTurn(), MessageFold()
    events = [shown for events in calls for event in events for shown in turn.add(event)] + turn.finish()
    for event in events:
        fold.add(event)
    return events, fold.message


def test_text_and_thinking_of_all_calls_stand_in_one_message_and_no_call_does() -> None:
    events, message = as_one(
        call(THINKING, TEXT, CALL, CALL, input_tokens=5, output_tokens=7),
        call(CALL, TEXT, CALL, input_tokens=50, output_tokens=1),
        call(TEXT, stop_reason="end_turn", input_tokens=500, cache_read_input_tokens=3, output_tokens=2),
    )

    assert [block["type"] for block in message["content"]] == ["thinking", "text", "text", "text"]
    assert [event["type"] for event in events].count("message_start") == 1
    assert [event["type"] for event in events[-2:]] == ["message_delta", "message_stop"]
    assert message["stop_reason"] == "end_turn"


def test_usage_is_the_last_input_and_all_the_output() -> None:
    _, message = as_one(
        call(CALL, input_tokens=5, cache_creation_input_tokens=9, output_tokens=7),
        call(TEXT, stop_reason="end_turn", input_tokens=500, cache_read_input_tokens=3, output_tokens=2),
    )

    assert message["usage"] == {
        "input_tokens": 500,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 0,
        "output_tokens": 9,
    }


def test_what_the_proxy_says_is_a_block_between_others() -> None:
    turn, fold = WholeTurn(), MessageFold()
    shown = [event for one in call(TEXT, CALL) for event in turn.add(one)]
    shown += turn.say("[read a.txt]\n")
    shown += [event for one in call(TEXT, stop_reason="stop_sequence") for event in turn.add(one)]
    for event in [*shown, *turn.finish(stop_reason="end_turn")]:
        fold.add(event)

    assert [block["text"] for block in fold.message["content"]] == ["x", "[read a.txt]\n", "x"]
    assert fold.message["stop_reason"] == "end_turn"


BLOCKS = st.lists(st.sampled_from([TEXT, THINKING, CALL]), max_size=5)


@given(st.lists(BLOCKS, min_size=1, max_size=5))
def test_every_message_is_well_formed(calls: list[list[Json]]) -> None:
    events, message = as_one(*(call(*blocks) for blocks in calls))

    starts = [event["index"] for event in events if event["type"] == "content_block_start"]
    stops = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert starts == stops == list(range(len(message["content"])))
    open_block: int | None = None
    for event in events[1:-2]:
        if event["type"] == "content_block_start":
            assert open_block is None
            open_block = event["index"]
        else:
            assert event["index"] == open_block
            open_block = None if event["type"] == "content_block_stop" else open_block


def test_what_is_no_part_of_a_message_passes_as_it_is() -> None:
    assert WholeTurn().add({"type": "ping"}) == [{"type": "ping"}]
