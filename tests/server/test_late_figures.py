"""Upstreams that say how many tokens there were at the end of an answer, as some gateways do."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from tests.support.exchanges import Upstream, exchanges_of, items_of
from tests.support.fidelity import Json, assistant, user
from towpath.core.events import MESSAGE_STOP, Event
from towpath.server.exchange.events import Ended
from towpath.server.exchange.publisher import Publisher

Heard = tuple[Mapping[str, Any], str | None]
"""The headers of an exchange, and the note on its cache that is published at its end."""


async def _heard(upstream: Upstream, *conversations: list[Json]) -> list[Heard]:
    ended: list[Ended] = []
    publisher = Publisher()
    publisher.subscribe(Ended, ended.append)
    exchanges = exchanges_of(upstream, publisher.publish)
    headers = []
    for messages in conversations:
        first, *_ = await items_of(exchanges, messages)
        headers.append(first)
    misses = [event.exchange.cache_miss for event in ended]
    return [(each, miss.sentence if miss else None) for each, miss in zip(headers, misses, strict=True)]


FIRST = [user("one"), assistant("One."), user("two")]
EDITED = [user("one"), assistant("1."), user("two")]
NOTHING = {"input_tokens": 0, "output_tokens": 0}
FIGURES = {"input_tokens": 5, "cache_read_input_tokens": 50, "cache_creation_input_tokens": 500}


async def test_figures_that_come_late_make_a_note_but_no_header() -> None:
    (headers, note), (edited_headers, edited_note) = await _heard(Upstream(NOTHING, FIGURES), FIRST, EDITED)

    assert (note, edited_note) == (None, "message 2 changed")
    assert "x-towpath-cache" not in {*headers, *edited_headers}


class Repeating(Upstream):
    """Says at the end twice how many there were."""

    async def _rest(self) -> AsyncGenerator[Event]:
        figures = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": FIGURES}
        for event in (figures, figures, MESSAGE_STOP):
            yield event


async def test_figures_that_come_late_and_twice_are_one_use_of_the_cache() -> None:
    (_, note), (_, edited_note) = await _heard(Repeating(NOTHING, {}), FIRST, EDITED)

    assert (note, edited_note) == (None, "message 2 changed")


async def test_figures_that_come_first_are_those_of_the_prompt() -> None:
    """At the end some are sums over the calls of a server's tool."""
    sums = {**FIGURES, "cache_read_input_tokens": 5000}
    more = [*EDITED, assistant("Two."), user("three")]
    heard = await _heard(Upstream(FIGURES, sums), FIRST, EDITED, more)

    assert [headers["x-towpath-cache"] for headers, _ in heard] == [
        "read=50 write=500",
        "read=50 write=500; miss=message 2 changed",
        "read=50 write=500; miss=unknown",
    ]
    assert [note for _, note in heard] == [None, "message 2 changed", "unknown"]
