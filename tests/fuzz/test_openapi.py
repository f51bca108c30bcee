"""The schemas of /openapi.json and the checks refuse the same, whatever the body."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.generated import REQUESTS, damaged
from tests.support.marked import PLACES, body_of
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from tests.support.schema import BEYOND_THE_SCHEMA, COUNT, REQUEST, refused
from towpath.core.reading.request import parse_count
from towpath.core.reading.rules import NOT_COUNTED

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)


@fuzzed
@given(REQUESTS | damaged())
def test_the_schema_and_the_checks_refuse_the_same(body: Any) -> None:
    refusal = refused(body)

    if refusal is None:
        REQUEST.validate(body)
    elif not any(rule in refusal for rule in BEYOND_THE_SCHEMA):
        assert not REQUEST.is_valid(body), refusal


@fuzzed
@given(REQUESTS | damaged())
def test_the_schema_of_a_count_and_its_checks_refuse_the_same(body: Any) -> None:
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in NOT_COUNTED}
    refusal = refused(body, parse_count)

    if refusal is None:
        COUNT.validate(body)
    elif not any(rule in refusal for rule in BEYOND_THE_SCHEMA):
        assert not COUNT.is_valid(body), refusal


MARKS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["ephemeral", "ephemeral", "lasting", None, 1]),
        "ttl": st.sampled_from(["5m", "1h", "2h", "", None, 300]),
        "scope": st.just("global"),
    },
)


@fuzzed
@given(st.sampled_from([*PLACES.values()]), MARKS | st.sampled_from([True, "1h", []]))
def test_the_schema_and_the_checks_refuse_the_same_cache_marks(place: Any, mark: Any) -> None:
    body = body_of(place(mark))

    assert REQUEST.is_valid(body) == (refused(body) is None)
