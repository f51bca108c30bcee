"""A body that begins as an earlier one: less of it is read, and what is understood is the same."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bodies import answer, body_of
from tests.support.fidelity import Json, assistant, call, result, user
from tests.support.profiles import scaled
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.prefixes import Prefixes
from towpath.core.reading.request import parse_request

TURNS = [user("a"), assistant("b", call("c")), user(result("c", "d"), "e"), assistant("f"), user("g")]
LAYOUTS: list[dict[str, Any]] = [{"separators": (",", ":")}, {}, {"indent": 1}]


def memo_of_everything(budget: int = 2**20) -> MessageMemo:
    return MessageMemo(prefixes=Prefixes(budget, smallest=0))


@pytest.mark.parametrize("layout", LAYOUTS, ids=["compact", "spaces", "lines"])
def test_a_conversation_that_goes_on_is_known_to_where_it_ended(layout: dict[str, Any]) -> None:
    memo = memo_of_everything()
    fields = {"model": "m", "max_tokens": 1}
    short = json.dumps({**fields, "messages": TURNS[:3]}, **layout).encode()
    long = json.dumps({**fields, "messages": TURNS, "temperature": 0.5}, **layout).encode()
    before = parse_request(short, memo).messages

    prefix = memo.prefixes.longest(long)
    after = parse_request(long, memo).messages

    assert [known.message for known in prefix.messages] == TURNS[:3]
    assert all(one is other for one, other in zip(before, after, strict=False))
    assert after == tuple(TURNS)
    assert len(memo.prefixes.longest(long).messages) == len(TURNS)


@pytest.mark.parametrize("changed", range(5))
def test_it_is_known_to_the_first_message_that_changed(changed: int) -> None:
    memo = memo_of_everything()
    parse_request(body_of(TURNS), memo)
    other = [*TURNS]
    other[changed] = {
        **other[changed],
        "content": [*other[changed]["content"], {"type": "text", "text": "!"}],
    }

    assert len(memo.prefixes.longest(body_of(other)).messages) == changed
    assert answer(body_of(other), memo) == answer(body_of(other), MessageMemo())


def test_two_conversations_that_begin_alike_are_both_known() -> None:
    memo = memo_of_everything()
    one, other = [*TURNS, assistant("1"), user("2")], [*TURNS[:1], assistant("3"), user("4")]
    parse_request(body_of(one), memo)
    parse_request(body_of(other), memo)

    assert len(memo.prefixes.longest(body_of([*one, assistant("5"), user("6")])).messages) == len(one)
    assert len(memo.prefixes.longest(body_of([*other, assistant("5"), user("6")])).messages) == len(other)


ANOTHER_LIST = b'{"x":{"messages":[1]},"messages":[%s],"model":"m","max_tokens":1}'
MARK = b'"known messages stand here"'
PIECES = [b"", b"]", b"}", b'"', b",", b'"messages":[', MARK]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(
            b'{"messages":[1]},"messages":[%s],"model":"m","max_tokens":1}', id="the-list-ends-within"
        ),
        pytest.param(
            b'{"x":{"messages":[%s]},"messages":[' + MARK + b',%s],"model":"m","max_tokens":1}',
            id="the-mark-behind-another-list",
        ),
        pytest.param(
            b'{"messa\\u0067es":[%s],"x":{"messages":[1]},"model":"m","max_tokens":1}', id="an-escaped-key"
        ),
        pytest.param(b'{"messages":[%s,],"model":"m","max_tokens":1}', id="comma-and-nothing"),
        pytest.param(b'{"messages":[%s%s],"model":"m","max_tokens":1}', id="no-comma"),
        pytest.param(b'{"messages":[%s,' + MARK + b'],"model":"m","max_tokens":1}', id="the-mark"),
        pytest.param(b'{"messages":[' + MARK + b',%s],"model":"m","max_tokens":1}', id="the-mark-first"),
        pytest.param(b'{"x":{"messages":[%s]},"messages":[%s],"model":"m","max_tokens":1}', id="in-a-field"),
        pytest.param(b'{"messages":[%s],"messages":[],"model":"m","max_tokens":1}', id="twice"),
        pytest.param(b'{"a\\"messages":[%s],"messages":[%s],"model":"m","max_tokens":1}', id="like-a-key"),
    ],
)
def test_what_only_looks_like_the_list_of_messages_is_none(second: bytes) -> None:
    message = orjson.dumps(user("a"))
    body = second.replace(b"%s", message)
    for first in (body_of([user("a")]), ANOTHER_LIST.replace(b"%s", message)):
        memo = memo_of_everything()
        answer(first, memo)

        assert answer(body, memo) == answer(body, MessageMemo())


@st.composite
def texts_that_begin_alike(draw: st.DrawFn) -> list[bytes]:
    """Bodies that share beginnings, in one layout, some with a piece cut out, doubled or put in."""
    layout = draw(st.sampled_from(LAYOUTS))
    bodies = []
    for _ in range(draw(st.integers(2, 5))):
        messages: list[Json] = TURNS[: draw(st.integers(1, 5))]
        key = draw(st.sampled_from(["messages", "messages", "x"]))
        fields: Json = {"model": "m", key: messages, "max_tokens": 1, "messages": messages}
        bodies.append(json.dumps(fields, **layout).encode())
    for number, body in enumerate(bodies):
        for _ in range(draw(st.integers(0, 2))):
            start = draw(st.integers(0, len(body)))
            end = draw(st.integers(start, min(len(body), start + 40)))
            piece = draw(
                st.sampled_from([b"", b"]", b"}", b'"', b",", b'"messages":[', MARK, body[start:end] * 2])
            )
            bodies[number] = body = body[:start] + piece + body[end:]
    return bodies


@settings(deadline=None, max_examples=scaled(50, 500))
@given(texts_that_begin_alike(), st.sampled_from([0, 3000, 2**20]))
def test_a_request_is_the_same_whatever_was_before(bodies: list[bytes], budget: int) -> None:
    memo = memo_of_everything(budget)

    for body in bodies:
        assert answer(body, memo) == answer(body, MessageMemo())
        assert memo.prefixes.occupied <= budget
