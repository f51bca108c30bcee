"""How a stream event is written, and the message that a stream folds into."""

import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.events import MESSAGE_STOP, PING, Event, MessageFold, encode
from towpath.testing import Reply
from towpath.testing.stream import events, message

START: Event = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 1},
    },
}


def fold(stream: list[Event]) -> Event:
    """The message that a complete stream describes."""
    message = MessageFold()
    for event in stream:
        message.add(event)
    return message.message


def delta(kind: str, index: int = 0, **fields: Any) -> Event:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def block(content_block: dict[str, Any], *deltas: Event, index: int = 0) -> list[Event]:
    opened = {"type": "content_block_start", "index": index, "content_block": content_block}
    return [opened, *deltas, {"type": "content_block_stop", "index": index}]


def ending(usage: dict[str, Any] | None = None, **fields: Any) -> Event:
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    return {"type": "message_delta", "delta": stop, "usage": usage or {"output_tokens": 9}, **fields}


def folded(*stream: Event) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = fold([START, *stream, ending(), MESSAGE_STOP])["content"]
    return content


TEXT = {"type": "text", "text": ""}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}
THINKING = {"type": "thinking", "thinking": "", "signature": ""}


def test_an_event_has_a_line_with_its_type_one_with_its_data_and_a_blank_one() -> None:
    assert encode(PING) == b'event: ping\ndata: {"type":"ping"}\n\n'


SEPARATORS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("value", [*SEPARATORS, "\\\u2028", "\\u2028", "ä€😀"], ids=ascii)
def test_whatever_a_text_holds_stays_inside_one_data_line(value: str) -> None:
    event = delta("text_delta", text=f"a{value}{value}b")

    # As a client does that splits the lines of Unicode, of which there are more than those of the format.
    name, data, *rest = encode(event).decode().splitlines()

    assert (name, rest) == ("event: content_block_delta", [""])
    assert orjson.loads(data.removeprefix("data: ")) == event


@pytest.mark.parametrize(
    ("stream", "content"),
    [
        pytest.param(
            block(TEXT, delta("text_delta", text="Hel"), delta("text_delta", text="lo")),
            [{"type": "text", "text": "Hello"}],
            id="text",
        ),
        pytest.param(block(TEXT), [TEXT], id="empty-text"),
        pytest.param(
            block(
                CALL,
                delta("input_json_delta", partial_json=""),
                delta("input_json_delta", partial_json='{"pa'),
                delta("input_json_delta", partial_json='th":[1,2.5]}'),
            ),
            [{**CALL, "input": {"path": [1, 2.5]}}],
            id="tool-input",
        ),
        pytest.param(block(CALL, delta("input_json_delta", partial_json="")), [CALL], id="no-tool-input"),
        pytest.param(
            block(
                THINKING,
                delta("thinking_delta", thinking="h"),
                delta("thinking_delta", thinking="m"),
                delta("signature_delta", signature="c2ln"),
            ),
            [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}],
            id="thinking-and-signature",
        ),
        pytest.param(
            block({"type": "redacted_thinking", "data": "xyz"}),
            [{"type": "redacted_thinking", "data": "xyz"}],
            id="redacted-thinking",
        ),
        pytest.param(
            block(
                {**TEXT, "citations": []},
                delta("citations_delta", citation={"cited_text": "a"}),
                delta("citations_delta", citation={"cited_text": "b"}),
                delta("text_delta", text="both"),
            ),
            [{"type": "text", "text": "both", "citations": [{"cited_text": "a"}, {"cited_text": "b"}]}],
            id="citations",
        ),
        pytest.param(
            block({**TEXT, "citations": None}, delta("citations_delta", citation={"cited_text": "a"})),
            [{**TEXT, "citations": [{"cited_text": "a"}]}],
            id="citations-after-null",
        ),
        pytest.param(
            [
                *block(
                    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                    delta("input_json_delta", partial_json='{"query":"tow"}'),
                ),
                *block({"type": "web_search_tool_result", "tool_use_id": "s", "content": [{}]}, index=1),
            ],
            [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "tow"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{}]},
            ],
            id="server-tool-and-its-result",
        ),
        pytest.param(
            [
                block(TEXT)[0],
                block(CALL, index=1)[0],
                delta("input_json_delta", 1, partial_json='{"a":'),
                delta("text_delta", 0, text="x"),
                delta("input_json_delta", 1, partial_json="1}"),
                block(CALL, index=1)[-1],
                block(TEXT)[-1],
            ],
            [{"type": "text", "text": "x"}, {**CALL, "input": {"a": 1}}],
            id="blocks-that-overlap",
        ),
    ],
)
def test_a_block_is_what_its_deltas_add_up_to(stream: list[Event], content: list[dict[str, Any]]) -> None:
    assert folded(*stream) == content


@pytest.mark.parametrize(
    "unknown",
    [PING, {"type": "weather", "index": 0, "delta": {"type": "rain"}}, delta("rain_delta", text="drops")],
    ids=["ping", "event", "delta"],
)
def test_a_kind_that_is_not_known_leaves_the_message_alone(unknown: Event) -> None:
    first, *rest = block(TEXT, delta("text_delta", text="dry"))

    assert folded(first, unknown, *rest) == [{"type": "text", "text": "dry"}]


def test_a_block_that_is_not_known_is_kept_as_it_began() -> None:
    unknown = {"type": "hologram", "voxels": [1, 2]}

    assert folded(*block(unknown)) == [unknown]


def test_usage_of_the_end_goes_over_usage_of_the_start() -> None:
    end = ending({"output_tokens": 9, "cache_read_input_tokens": 4, "server_tool_use": {"requests": 1}})

    assert fold([START, end])["usage"] == {
        "input_tokens": 7,
        "cache_read_input_tokens": 4,
        "output_tokens": 9,
        "server_tool_use": {"requests": 1},
    }


def test_the_end_says_why_the_message_ended() -> None:
    end = {**ending(), "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"}}

    assert fold([START, end]).items() >= {"stop_reason": "stop_sequence", "stop_sequence": "END"}.items()


def test_the_end_adds_no_null_that_the_start_did_not_have() -> None:
    end = {**ending(), "delta": {"stop_reason": "end_turn", "container": None}}

    assert "container" not in fold([START, end])


def test_other_fields_of_the_end_belong_to_the_message() -> None:
    edits: dict[str, Any] = {"applied_edits": []}

    assert fold([START, ending(context_management=edits)])["context_management"] == edits


def test_all_other_fields_are_those_of_the_start() -> None:
    whole = fold([START, *block(TEXT), ending(), MESSAGE_STOP])

    assert {**START["message"], "content": [TEXT], "stop_reason": "end_turn"} == {
        **whole,
        "usage": START["message"]["usage"],
    }


@pytest.mark.parametrize(
    ("written", "broken"), [('{"a":1}', False), ("", False), ('{"a":', True), ("{a}", True)]
)
def test_an_input_that_is_no_json_is_flagged(written: str, broken: bool) -> None:
    message = MessageFold()

    for event in [START, *block(CALL, delta("input_json_delta", partial_json=written)), ending()]:
        message.add(event)

    assert message.has_broken_input is broken


def test_a_broken_input_leaves_the_input_of_the_start() -> None:
    assert folded(*block(CALL, delta("input_json_delta", partial_json='{"a":'))) == [CALL]


def test_the_message_so_far_can_be_read_at_any_time() -> None:
    message = MessageFold()

    for event in [START, *block(TEXT, delta("text_delta", text="so far"))[:2]]:
        message.add(event)

    assert message.message["content"] == [{"type": "text", "text": "so far"}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9) | st.text(max_size=4),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=4), values, max_size=3),
    max_leaves=6,
)
INPUTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=3)
BLOCKS = st.one_of(
    st.builds(lambda value: {"type": "text", "text": value}, st.text(max_size=12)),
    st.builds(
        lambda value, count: {"type": "text", "text": value, "citations": [{"cited_text": "c"}] * count},
        st.text(max_size=12),
        st.integers(0, 2),
    ),
    st.builds(
        lambda value: {"type": "thinking", "thinking": value, "signature": "c2ln"}, st.text(max_size=12)
    ),
    st.just({"type": "redacted_thinking", "data": "xyz"}),
    st.builds(lambda value: {**CALL, "input": value}, INPUTS),
    st.builds(lambda value: {"type": "server_tool_use", "id": "s", "name": "n", "input": value}, INPUTS),
    st.just({"type": "web_search_tool_result", "tool_use_id": "s", "content": []}),
)
REPLIES = st.builds(
    lambda content, chars: Reply(tuple(content), chunk_chars=chars),
    st.lists(BLOCKS, max_size=3),
    st.integers(1, 5),
)
WHERE: dict[str, Any] = {"message_id": "msg_1", "model": "m", "body": {"messages": []}}


@given(REPLIES)
def test_the_fold_of_a_stream_is_the_message_that_was_streamed(reply: Reply) -> None:
    whole = fold(events(reply, **WHERE))

    assert whole["content"] == list(reply.content)
    assert whole == message(reply, **WHERE)


@given(REPLIES)
def test_folding_changes_no_event(reply: Reply) -> None:
    stream = events(reply, **WHERE)
    before = copy.deepcopy(stream)

    fold(stream)

    assert stream == before


@given(REPLIES)
def test_what_is_written_reads_back_as_the_events(reply: Reply) -> None:
    stream = events(reply, **WHERE)

    written = b"".join(encode(event) for event in stream).decode()

    read = [frame.split("\n") for frame in written.split("\n\n")[:-1]]
    assert [json.loads(data.removeprefix("data: ")) for _, data in read] == stream
    assert [name.removeprefix("event: ") for name, _ in read] == [event["type"] for event in stream]


def test_a_null_in_the_last_usage_says_nothing() -> None:
    start = {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 7}}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": None}}

    assert fold([start, end])["usage"] == {"input_tokens": 7}


def test_a_compaction_is_put_together() -> None:
    parts = [delta("compaction_delta", content="what "), delta("compaction_delta", content="was")]
    stream = [START, *block({"type": "compaction", "content": None}, *parts), ending(), MESSAGE_STOP]

    assert fold(stream)["content"] == [{"type": "compaction", "content": "what was"}]
