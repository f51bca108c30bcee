"""Usage as upstreams write it, and the figures that can be counted."""

import json
from typing import Any

import orjson
import pytest

from towpath.core.events import MessageFold, encode
from towpath.core.openai.chat_answer import usage_of
from towpath.core.openai.responses_answer import response_usage
from towpath.core.prompt_cache.causes import cache_use
from towpath.core.turn import WholeTurn
from towpath.core.usage import count, counts, merged, tokens

START = {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 1}
END = {"input_tokens": None, "cache_read_input_tokens": None, "output_tokens": 5}
BOTH = {"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 5}
ODD_COUNTS = [None, -7, "seven", [7], {"tokens": 7}, 7.5, True, 10**20, 1e300]
ODD_USAGES = [None, [7], "much", 7, True]


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_a_null_says_nothing() -> None:
    assert merged(START, END) == BOTH


@pytest.mark.parametrize("later", ODD_USAGES)
def test_what_is_no_object_says_nothing(later: Any) -> None:
    assert merged(START, later) == START
    assert merged(later, START) == START
    assert merged(later, None) == later


@pytest.mark.parametrize("value", [*ODD_COUNTS, deep(300)])
def test_what_is_no_count_counts_nothing(value: Any) -> None:
    usage = {
        "input_tokens": 7,
        "output_tokens": value,
        "cache_creation": {"ephemeral_5m_input_tokens": value},
    }

    assert count(usage, "output_tokens") == count(usage, "cache_creation", "ephemeral_5m_input_tokens") == 0
    assert tokens(usage) == {"input_tokens": 7}
    assert json.loads(json.dumps(counts(usage)))["input_tokens"] == 7
    assert "seven" not in str(counts(usage))


@pytest.mark.parametrize("usage", ODD_USAGES)
def test_what_is_no_usage_has_no_figures(usage: Any) -> None:
    assert counts(usage) == tokens(usage) == {}
    assert cache_use(usage).prompt == 0
    assert usage_of(usage)["total_tokens"] == response_usage(usage)["total_tokens"] == 0


def test_figures_within_objects_are_kept() -> None:
    usage = {**START, "cache_creation": {"ephemeral_5m_input_tokens": 3}, "service_tier": "standard"}

    assert counts(usage) == {**START, "cache_creation": {"ephemeral_5m_input_tokens": 3}}


@pytest.mark.parametrize("value", ODD_COUNTS)
def test_answers_in_other_shapes_have_counts(value: Any) -> None:
    usage = {
        "input_tokens": 7,
        "output_tokens": value,
        "cache_creation_input_tokens": value,
        "cache_creation": value,
        "output_tokens_details": value,
    }

    assert usage_of(usage)["total_tokens"] == response_usage(usage)["total_tokens"] == 7
    assert cache_use(usage).prompt == 7


@pytest.mark.parametrize("value", [*ODD_COUNTS, "\ud800", deep(300)])
def test_a_client_of_the_messages_api_gets_what_was_said(value: Any) -> None:
    usage = {**START, "output_tokens": value}
    event = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    fold = MessageFold()
    fold.add({"type": "message_start", "message": {"content": [], "usage": START}})
    fold.add(event)

    sent = json.loads(encode(event).partition(b"data: ")[2])
    assert sent["usage"] == usage
    assert fold.message["usage"]["output_tokens"] == (1 if value is None else value)


@pytest.mark.parametrize("value", ODD_COUNTS)
def test_the_sum_over_a_turns_calls_is_of_counts(value: Any) -> None:
    turn = WholeTurn()
    for said in (5, value):
        turn.add({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 7}}})
        turn.add({"type": "message_delta", "delta": {}, "usage": {"output_tokens": said}})
    end, _ = turn.finish()

    assert end["usage"] == {"input_tokens": 7, "output_tokens": 5}


def test_many_of_the_largest_counts_are_a_number_of_json() -> None:
    largest = max(10**power for power in range(30) if count({"x": 10**power}, "x"))

    assert orjson.dumps(largest * 10**9)
