"""Two parsers, one word: a body is accepted, refused and understood exactly as orjson alone would."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.profiles import scaled
from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import MAX_DEPTH, MAX_VALUES, is_deeper_than
from towpath.core.reading.json_body import read_body
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.message import CheckedMessage, checked_message

USER = b'{"role": "user", "content": "a"}'
DEEP = 1100  # more than either parser reads


def outcome(body: bytes, memo: MessageMemo) -> str:
    """The fields of a body, or its error; as text, in which 1 and 1.0 and the order of keys differ."""
    try:
        fields = read_body(body, memo).fields
    except ApiError as error:
        return f"{error.status} {error.message}"
    messages = fields.get("messages")
    if isinstance(messages, list):
        fields["messages"] = [
            orjson.loads(message.source) if isinstance(message, CheckedMessage) else message
            for message in messages
        ]
    return repr(sorted(fields.items()))


def outcome_with_orjson_alone(body: bytes) -> str:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"400 The request body is not valid JSON: {error}"
    if not isinstance(fields, dict):
        return "400 The request body is not a JSON object"
    if depth(fields) > MAX_DEPTH:
        return f"400 The request body is nested deeper than {MAX_DEPTH} levels"
    return repr(sorted(fields.items()))


def depth(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    children = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, children), default=0)


def nested(levels: int, innermost: Any) -> Any:
    """A value of this many levels of lists and objects by turns, and what stands inside."""
    for level in range(levels):
        innermost = [innermost] if level % 2 else {"a": innermost}
    return innermost


def knows(*messages: bytes) -> MessageMemo:
    memo = MessageMemo()
    memo.keep([checked_message(orjson.loads(message), message) for message in messages])
    return memo


@pytest.mark.parametrize("memo", [MessageMemo(), knows(USER)], ids=["nothing-known", "user-known"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"messages": [%s], "model": "m"}' % USER, id="plain"),
        pytest.param(b' {\r\n\t"messages" :\n[ %s\n,\t%s ] }\n ' % (USER, USER), id="white-space"),
        pytest.param(b'{"m\\u0065ssages": [%s]}' % USER, id="escaped-key"),
        pytest.param(b'{"model": "m"}', id="no-messages"),
        pytest.param(b'{"messages": {}}', id="messages-are-no-list"),
        pytest.param(b'{"messages": null}', id="messages-are-null"),
        pytest.param(b'{"messages": [1, [], null, "a"]}', id="messages-are-no-objects"),
        pytest.param(b'{"a": 1, "a": 2, "messages": [%s]}' % USER, id="a-field-twice"),
        pytest.param(b'{"messages": [1], "messages": [%s]}' % USER, id="messages-twice"),
        pytest.param(b'{"messages": [%s], "messages": 1}' % USER, id="messages-twice-the-last-no-list"),
        pytest.param(
            b'{"messages": ["\\ud800"], "messages": [%s]}' % USER, id="messages-twice-the-first-bad"
        ),
        pytest.param(b'{"a": "\xff", "a": 1, "messages": [%s]}' % USER, id="a-field-twice-the-first-bad"),
        pytest.param(b'{"messages": [%s, "\xff"]}' % USER, id="no-utf-8-in-a-message"),
        pytest.param(b'{"a": "\xff", "messages": [%s]}' % USER, id="no-utf-8-in-a-field"),
        pytest.param(b'{"\xff": 1, "messages": [%s]}' % USER, id="no-utf-8-in-a-key"),
        pytest.param(b'{"messages": [%s, "\xed\xa0\x80"]}' % USER, id="a-surrogate-as-utf-8"),
        pytest.param(b'{"messages": [%s, "\\ud800"]}' % USER, id="half-a-surrogate-pair-in-a-message"),
        pytest.param(b'{"a": "\\udc00", "messages": [%s]}' % USER, id="half-a-surrogate-pair-in-a-field"),
        pytest.param(b'{"\\ud800": 1, "messages": [%s]}' % USER, id="half-a-surrogate-pair-in-a-key"),
        pytest.param(b'{"messages": [%s, "\\ud83d\\ude00"]}' % USER, id="a-surrogate-pair"),
        pytest.param(b'{"messages": [%s, NaN]}' % USER, id="nan"),
        pytest.param(b'{"messages": [%s, 1e999]}' % USER, id="a-number-beyond-all-in-a-message"),
        pytest.param(b'{"a": 1e999, "messages": [%s]}' % USER, id="a-number-beyond-all-in-a-field"),
        pytest.param(b'{"a": 18446744073709551616, "messages": [-0, 1E2]}', id="numbers"),
        pytest.param(b'{"messages": [%s,]}' % USER, id="comma-at-the-end"),
        pytest.param(b'{"messages": [%s] "a": 1}' % USER, id="comma-missing"),
        pytest.param(b'{"messages": [%s]}}' % USER, id="more-after-it"),
        pytest.param(b'{"messages": [%s]}\x00' % USER, id="nul-after-it"),
        pytest.param(b'{"messages": [%s]' % USER, id="cut-off"),
        pytest.param(b'\xef\xbb\xbf{"messages": [%s]}' % USER, id="byte-order-mark"),
        pytest.param(b'{"messages": [%s, %s]}' % (USER, b"[" * DEEP + b"]" * DEEP), id="deep-in-a-message"),
        pytest.param(b'{"a": %s, "messages": []}' % (b"[" * DEEP + b"]" * DEEP), id="deep-in-a-field"),
        pytest.param(b'{"messages": [%s]' % USER + b"[" * DEEP, id="deep-and-cut-off"),
        pytest.param(b"[%s]" % USER, id="no-object"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_orjson_says_of_a_body_is_said(body: bytes, memo: MessageMemo) -> None:
    assert outcome(body, memo) == outcome_with_orjson_alone(body)


@pytest.mark.parametrize("innermost", [1, [], {}], ids=["number", "list", "object"])
@pytest.mark.parametrize("levels", range(MAX_DEPTH - 5, MAX_DEPTH + 2))
def test_a_body_is_as_deep_as_its_deepest_part(levels: int, innermost: Any) -> None:
    for fields in ({"a": nested(levels, innermost)}, {"messages": [nested(levels, innermost)]}):
        body = orjson.dumps(fields)

        assert outcome(body, MessageMemo()) == outcome_with_orjson_alone(body)


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(0, 12), st.sampled_from([1, "a", [], {}]), st.booleans())
def test_depth_is_counted_to_the_level(levels: int, limit: int, innermost: Any, is_wide: bool) -> None:
    value = nested(levels, innermost)
    value = [value, 1, []] if is_wide else value

    assert is_deeper_than(limit, value) == (depth(value) > limit)


ONES = b"1," * (MAX_VALUES - 2) + b"1"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": [%s, 1, 1, 1]}' % ONES, id="numbers"),
        pytest.param(b'{"a": [%s[]]}' % (b"[]," * MAX_VALUES), id="empty-lists"),
        pytest.param(b'{"messages": [%s{}]}' % (b"{}," * MAX_VALUES), id="messages"),
        pytest.param(b'{%s"a": 1}' % (b'"a": 1,' * MAX_VALUES), id="fields"),
        pytest.param(b'{"a": {%s"a": 1}}' % (b'"\\"": "\\\\",' * MAX_VALUES), id="texts-with-escapes"),
        pytest.param(b'{"a": [%s\n]' % (b"1,\n" * MAX_VALUES), id="no-json"),
    ],
)
def test_more_values_than_can_be_held_are_refused_before_they_are_read(body: bytes) -> None:
    refusal = "413 Request exceeds the maximum number of JSON values (1,000,000)"

    assert outcome(body, MessageMemo()) == refusal


@pytest.mark.parametrize("offset", range(4))
def test_what_stands_in_texts_is_no_value(offset: int) -> None:
    said = json.dumps('{[,"\\' * 500_000).encode()  # escapes at each place, wherever a part of it begins
    body = b'{"a": "%s", "b": %s, "c": [%s%s]}'

    assert outcome(body % (b"x" * offset, said, ONES[12:], b""), MessageMemo()).startswith(
        "[('a', 'xxx"[: 8 + offset]
    )
    assert outcome(body % (b"x" * offset, said, ONES, b",1"), MessageMemo()).startswith("413 ")


SNIPPETS = st.sampled_from(
    [
        *(b'"', b",", b":", b"[", b"]", b"{", b"}", b"\\", b" ", b"\n", b"\x00", b"\xff", b"\xc3\xa4"),
        *(b"\\ud800", b"\\ud83d\\ude00", b"\\u0041", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
        *(b"1e999", b"-0.0", b"01", b"1.", b"NaN", b"tru", b"null", b"9" * 30, b"[" * 250 + b"]" * 250),
        *(b'"messages":[],', b'"messages":["\\ud800"],', b'"a":"\xff",', USER + b","),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=False)
    | st.text(max_size=6),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=4), values, max_size=3),
    max_leaves=6,
)
KNOWN_MESSAGES = [USER, b'{"content":[{"text":"\\u00e4","type":"text"}],"role":"assistant"}']


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A JSON object with known and unknown messages, in any layout and damaged in up to three places."""
    fields = draw(st.dictionaries(st.sampled_from(["model", "a", "ä"]), VALUES, max_size=2))
    messages: list[Any] = draw(st.lists(VALUES | st.sampled_from(KNOWN_MESSAGES), max_size=4))
    layout: dict[str, Any] = draw(
        st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])
    )
    written = [m if isinstance(m, bytes) else json.dumps(m, **layout).encode() for m in messages]
    parts = [json.dumps({name: value}, **layout).encode()[1:-1] for name, value in fields.items()]
    parts.insert(draw(st.integers(0, len(parts))), b'"messages": [%s]' % b", ".join(written))
    body = b"{%s}" % b",".join(parts)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(SNIPPETS | st.just(b"")) + body[place + draw(st.integers(0, 2)) :]
    return body


@settings(deadline=None, max_examples=scaled(40, 500))
@given(bodies())
def test_whatever_the_body_both_parsers_agree(body: bytes) -> None:
    for memo in (MessageMemo(), knows(*KNOWN_MESSAGES)):
        assert outcome(body, memo) == outcome_with_orjson_alone(body)


def test_more_messages_than_are_taken_apart_are_read_as_a_whole() -> None:
    body = b'{"messages": [%s]}' % b",".join([b"1"] * 100_001)

    assert read_body(body, MessageMemo()).fields == {"messages": [1] * 100_001}
