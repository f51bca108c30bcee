"""What is kept of messages that were here before: found by their bytes, right anywhere, within a budget."""

import copy
import tracemalloc
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bodies import answer, body_of
from tests.support.fidelity import Json, assistant, call, result, user
from tests.support.generated import REQUESTS
from tests.support.profiles import scaled
from towpath.core.reading.memo import MEMO_BYTES, MessageMemo
from towpath.core.reading.message import CheckedMessage, checked_message
from towpath.core.reading.request import parse_request

CONVERSATION = [user("a"), assistant("b", call("c")), user(result("c", "d"), "e"), assistant("f"), user("g")]


def known(message: Json) -> CheckedMessage:
    return checked_message(message, orjson.dumps(message))


def test_a_message_that_was_in_a_request_is_not_read_again() -> None:
    memo = MessageMemo()
    before = parse_request(body_of(CONVERSATION[:3]), memo).messages

    again = parse_request(body_of(CONVERSATION, temperature=0.5), memo).messages

    assert all(message is one for message, one in zip(again[:3], before, strict=True))


def test_a_message_is_known_wherever_it_stands() -> None:
    memo = MessageMemo()
    before = parse_request(body_of([user("a"), assistant("b"), user("c")]), memo).messages

    again = parse_request(body_of([user("c"), assistant("b"), user("x")]), memo).messages

    assert again[0] is before[2]
    assert again[1] is before[1]


def test_a_message_in_other_bytes_is_another_one_that_may_be_equal() -> None:
    memo = MessageMemo()
    before = parse_request(body_of([user("a")]), memo)
    other_layout = parse_request(body_of([user("a")]).replace(b'":', b'": '), memo)
    other_text = parse_request(body_of([user("A")]), memo)

    assert other_layout.messages[0] is not before.messages[0]
    assert other_layout == before
    assert other_text.messages == (user("A"),)


def test_a_message_that_breaks_a_rule_is_not_known_the_next_time() -> None:
    memo = MessageMemo()
    broken = user("a", {"type": "text"})

    assert answer(body_of([broken]), memo) == "400 messages.0.content.1.text: Field required"
    assert answer(body_of([user("a"), broken]), memo) == "400 messages.1.content.1.text: Field required"


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (
            [user("a"), assistant("b", call("c"))],
            "messages.1.role: This model does not support assistant message prefill",
        ),
        (
            [user("a"), user("a"), assistant("b", call("c")), user("g")],
            "messages.2: `tool_use` ids were found",
        ),
        ([user(result("c", "d"), "e")], "messages.0.content.0: unexpected `tool_use_id`"),
        ([*CONVERSATION[:4], *CONVERSATION[2:]], "messages.4.content.0: unexpected `tool_use_id`"),
        ([*CONVERSATION[:3], *CONVERSATION[1:]], "messages.3.content.1: `tool_use` ids must be unique"),
    ],
)
def test_what_is_wrong_between_known_messages_is_named_where_they_stand_now(
    messages: list[Json], error: str
) -> None:
    memo = MessageMemo()
    parse_request(body_of(CONVERSATION), memo)

    refused = answer(body_of(messages), memo)

    assert refused == answer(body_of(messages), MessageMemo())
    assert str(refused).startswith(f"400 {error}")


def test_a_broken_rule_elsewhere_is_named_though_all_messages_are_known() -> None:
    memo = MessageMemo()
    parse_request(body_of(CONVERSATION), memo)

    assert str(answer(body_of(CONVERSATION, temperature=2), memo)).startswith("400 temperature: ")


def test_what_is_shared_stays_as_it_is_when_messages_are_merged_or_texts_left_out() -> None:
    memo = MessageMemo()
    kept = parse_request(body_of([user("a", "go on")]), memo).messages
    before = copy.deepcopy(kept)

    merged = parse_request(body_of([user("a", "go on"), user("b")]), memo, ("go on",))

    assert merged.messages == (user("a", "b"),)
    assert kept == before


@st.composite
def requests_with_common_messages(draw: st.DrawFn) -> list[bytes]:
    """Requests of which some are others once more, with messages of any of them put in."""
    fields: list[Json] = draw(st.lists(REQUESTS, min_size=1, max_size=3))
    pool = [message for one in fields for message in one["messages"]]
    for one in draw(st.lists(st.sampled_from(fields), max_size=4)):
        messages = one["messages"]
        place = draw(st.integers(0, len(messages)))
        inside = draw(st.lists(st.sampled_from(pool), max_size=2))
        fields.append({**one, "messages": [*messages[:place], *inside, *messages[place:]]})
    return [orjson.dumps(one) for one in fields]


@settings(deadline=None, max_examples=scaled(30, 500))
@given(requests_with_common_messages(), st.sampled_from([0, 3000, 10_000, MEMO_BYTES]))
def test_a_request_is_the_same_with_and_without_a_memo(bodies: list[bytes], budget: int) -> None:
    memo = MessageMemo(budget)

    for body in bodies:
        assert answer(body, memo) == answer(body, MessageMemo())
        assert memo.size_bytes <= budget


def test_the_message_that_no_request_held_for_the_longest_time_leaves_first() -> None:
    messages = [known(user(str(number))) for number in range(5)]
    size = messages[0].size_bytes
    memo = MessageMemo(4 * size)
    memo.keep(messages[:4])
    memo.find([messages[0].source])

    memo.keep(messages[4:])

    found = memo.find(message.source for message in messages)
    assert found == [messages[0], messages[1].source, *messages[2:]]
    assert memo.size_bytes == 4 * size


def test_a_message_over_a_quarter_of_the_budget_is_not_kept_and_pushes_nothing_out() -> None:
    small, large = known(user("a")), known(user("a" * 1000))
    memo = MessageMemo(4 * large.size_bytes - 1)
    memo.keep([small])

    memo.keep([large])

    assert memo.find([small.source, large.source]) == [small, large.source]


def test_a_message_that_stands_twice_in_a_request_counts_once() -> None:
    once, twice = MessageMemo(), MessageMemo()

    parse_request(body_of([user("a")]), once)
    parse_request(body_of([user("a"), user("a")]), twice)

    assert twice.size_bytes == once.size_bytes


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(lambda n: user("a" * 40, str(n)), id="short"),
        pytest.param(lambda n: user(f"{n} " + "a" * 5000), id="text"),
        pytest.param(lambda n: user(f"{n} 😀" + "a" * 5000), id="text-with-an-emoji"),
        pytest.param(lambda n: assistant(call(f"c{n}", n=[[]] * 600)), id="lists-of-nothing"),
        pytest.param(lambda n: assistant(call(f"c{n}", n=[{"a": 0.5}] * 150)), id="objects"),
        pytest.param(lambda n: assistant(call("c", n={f"{n} {m}": m for m in range(500)})), id="many-names"),
        pytest.param(lambda n: user(*(result(f"{n} {m}", "done") for m in range(50))), id="blocks"),
        pytest.param(lambda n: assistant(call("c", n=list(range(n, n + 1000)))), id="numbers"),
    ],
)
def test_a_message_is_charged_what_it_occupies(message: Callable[[int], Json]) -> None:
    sources = [orjson.dumps(message(1000 * number)) for number in range(30)]
    charged, occupied = zip(*(charged_and_occupied(sources) for _ in range(3)), strict=True)

    # The least: servers on other threads, of other tests, take memory too (5 KB of 3 MB, once).
    assert min(occupied) <= min(charged) == max(charged) < 2 * min(occupied)


def charged_and_occupied(sources: list[bytes]) -> tuple[int, int]:
    """Bytes, of a memo that keeps these messages."""
    memo = MessageMemo()
    tracemalloc.start()
    try:
        memo.keep([checked_message(orjson.loads(source), bytes(bytearray(source))) for source in sources])
        return memo.size_bytes, tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_all_that_is_kept_can_be_forgotten() -> None:
    memo = MessageMemo()
    parse_request(body_of(CONVERSATION), memo)
    kept = memo.size_bytes

    memo.forget()

    assert kept > 0 == memo.size_bytes
