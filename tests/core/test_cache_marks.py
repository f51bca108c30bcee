"""Cache marks: those that the API knows pass wherever a client can set one, and no others."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.support.marked import PLACES, Fields, body_of
from towpath.core.errors import ApiError
from towpath.core.reading.cache_marks import marks
from towpath.core.reading.request import parse_request

at_each_place = pytest.mark.parametrize(("path", "place"), PLACES.items(), ids=PLACES)


@at_each_place
@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ({"type": "ephemeral", "ttl": "2h"}, ".ttl: Input should be '5m' or '1h'"),
        ({"type": "ephemeral", "ttl": [3600]}, ".ttl: Input should be '5m' or '1h'"),
        ({"type": "lasting"}, ".type: Input should be 'ephemeral'"),
        ({"ttl": "1h"}, ".type: Field required"),
        (True, ": Input should be an object"),
    ],
)
def test_a_mark_that_the_api_does_not_know_is_refused(
    path: str, place: Callable[[Any], Fields], mark: Any, problem: str
) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_request(orjson.dumps(body_of(place(mark))))

    assert (refusal.value.status, refusal.value.message) == (400, f"{path}cache_control{problem}")


@at_each_place
@pytest.mark.parametrize("ttl", [{}, {"ttl": None}, {"ttl": "5m"}, {"ttl": "1h", "scope": "global"}])
def test_a_mark_of_the_api_s_passes(path: str, place: Callable[[Any], Fields], ttl: Fields) -> None:
    hour = parse_request(orjson.dumps(body_of(place({"type": "ephemeral", **ttl})))).cache_hour
    none = parse_request(orjson.dumps(body_of(place(None)))).cache_hour

    assert (hour, none) == (ttl.get("ttl") == "1h", False)


def test_what_is_no_block_has_no_marks() -> None:
    assert list(marks({"content": ["text", {"cache_control": 1}]}, "it")) == [
        ("it.content.1.cache_control", 1)
    ]
