"""Events out of bytes and a message out of events, however the network cuts them."""

import json
from typing import Any

import pytest

from towpath.bench.stream import EventReader, MessageFold
from towpath.testing.script import Reply
from towpath.testing.stream import events

CONTENT = (
    {"type": "text", "text": "What a text: über “all” \n data: no"},
    {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a\nb", "limit": [1, 2]}},
    {"type": "tool_use", "id": "toolu_2", "name": "read", "input": {}},
)
SENT = events(Reply(CONTENT, chunk_chars=3), message_id="msg_1", model="m", body={"messages": []})


def encoded(sent: list[dict[str, Any]], end: str = "\n") -> bytes:
    frames = (f"event: {e['type']}{end}data: {json.dumps(e, ensure_ascii=False)}{end}{end}" for e in sent)
    return "".join(frames).encode()


@pytest.mark.parametrize("size", [1, 2, 7, 100, 1_000_000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_events_are_the_same_wherever_the_stream_is_cut(size: int, end: str) -> None:
    stream = encoded(SENT, end)
    reader = EventReader()

    assert [e for i in range(0, len(stream), size) for e in reader.feed(stream[i : i + size])] == SENT


def test_lines_without_data_are_no_events() -> None:
    assert EventReader().feed(b': comment\nevent: ping\ndata:{"type":"ping"}\n\n') == [{"type": "ping"}]


def test_a_message_is_whole_with_its_stop() -> None:
    message = MessageFold()
    for event in SENT[:-1]:
        message.add(event)
    assert not message.is_complete

    message.add(SENT[-1])

    assert message.is_complete
    assert message.content() == list(CONTENT)


def test_what_is_not_known_changes_nothing() -> None:
    message = MessageFold()
    for event in ({"type": "ping"}, {"type": "new_kind"}, *SENT):
        message.add(event)

    assert message.content() == list(CONTENT)


def test_a_call_that_comes_whole_stays_as_it_is() -> None:
    whole = {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}}
    message = MessageFold()
    message.add({"type": "content_block_start", "index": 0, "content_block": whole})

    assert message.content() == [whole]
