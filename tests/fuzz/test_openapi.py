"""The schemas of /openapi.json and the checks refuse the same, whatever the body."""

from typing import Any

import pytest
from hypothesis import given

from tests.core.test_request import REQUESTS, damaged
from tests.server.test_openapi import COUNT, REQUEST, refused
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from towpath.core.reading.request import parse_count
from towpath.core.reading.rules import NOT_COUNTED

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)

# What holds between fields, between messages, or of how a number is written: no matter of the schema.
BEYOND_THE_SCHEMA = (
    "tools: Tool names must be unique.",
    "may only be made while providing `tools`",
    "not found in provided tools",
    "assistant prefill is not possible",
    "use the top-level 'system' parameter",
    "a system message must follow a user message",
    "`tool_use` ids must be unique",
    "unexpected `tool_use_id` found",
    "found multiple `tool_result` blocks",
    "`tool_use` ids were found without",
    "a call of the API's own tools cannot be carried without its result",
    "all content must be type `text` if `is_error` is true",
    "tool_choice.name: ",
    ": Input should be a valid integer",  # 1.0 and 1e300 are integers to a schema, and none to the API
)


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
