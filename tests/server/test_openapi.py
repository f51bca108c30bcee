"""The document and the checks say the same: what either lets pass, the other does."""

from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from starlette.routing import Route
from tests.core.test_request import REQUESTS, damaged
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed

from towpath.core.checks import NOT_COUNTED, PARAMETER_CHECKS
from towpath.core.errors import ERROR_TYPES, ApiError
from towpath.core.request import OWN_FIELDS, parse_count, parse_request
from towpath.server.app import create_app
from towpath.server.openapi import openapi_document
from towpath.server.openapi_schemas import count_schema, request_schema
from towpath.settings import Settings

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)

DOCUMENT = openapi_document("1.2.3")
REQUEST = jsonschema_rs.validator_for(request_schema())
COUNT = jsonschema_rs.validator_for(count_schema())
# What holds between fields, between messages, or of how a number is written: no matter of the schema.
BEYOND_THE_SCHEMA = (
    "tools: Tool names must be unique.",
    "may only be made while providing `tools`",
    "not found in provided tools",
    "assistant prefill is not possible",
    "`tool_use` ids must be unique",
    "unexpected `tool_use_id` found",
    "found multiple `tool_result` blocks",
    "`tool_use` ids were found without",
    "all content must be type `text` if `is_error` is true",
    "tool_choice.name: ",
    ": Input should be a valid integer",  # 1.0 and 1e300 are integers to a schema, and none to the API
)


def test_every_path_of_the_application_is_described(settings: Settings) -> None:
    routes = [route for route in create_app(settings).routes if isinstance(route, Route)]
    paths = {route.path.replace(":path}", "}") for route in routes}
    # Other base URLs of the same.
    others = ("/messages", "/models", "/files", "/chat/", "/responses", "/v1/v1/")
    spellings = {path for path in paths if path.startswith(others)}

    assert paths - spellings == set(DOCUMENT["paths"])


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for key in reference.removeprefix("#/").split("/"):
            place = place[key]
        assert isinstance(place, dict)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_checked_field_and_every_error_is_described() -> None:
    described = request_schema()["properties"]
    responses = DOCUMENT["paths"]["/v1/messages"]["post"]["responses"]

    assert set(described) == {*OWN_FIELDS, *PARAMETER_CHECKS, "tool_choice", "thread"}
    assert {str(status) for status in ERROR_TYPES} <= set(responses)


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


@pytest.mark.parametrize("field", NOT_COUNTED)
def test_what_is_not_counted_the_schema_refuses(field: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    COUNT.validate(body)

    assert not COUNT.is_valid({**body, field: 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_tokens", 0),
        ("system", [{"type": "text", "text": ""}]),
        ("system", [{"type": "text", "text": "a", "more": 1}]),
        ("tools", [{"name": "a b", "input_schema": {"type": "object"}}]),
        ("tools", [{"name": "a", "input_schema": {"type": "string"}}]),
        ("tool_choice", {"type": "some"}),
        ("temperature", 1.5),
        ("top_k", -1),
        ("stop_sequences", [" "]),
        ("thinking", {"type": "enabled", "budget_tokens": 1023}),
        ("thread", {"id": "t"}),
        ("messages", []),
        ("messages", [{"role": "user", "content": " "}]),
        ("messages", [{"role": "user", "content": "a", "id": 1}]),
        ("messages", [{"role": "system", "content": "a"}]),
        ("messages", [{"role": "user", "content": [{"type": "thinking", "thinking": "", "signature": ""}]}]),
        ("messages", [{"role": "user", "content": [{"type": "image", "source": {}}]}]),
    ],
)
def test_what_the_checks_refuse_the_schema_does(field: str, value: Any) -> None:
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}
    assert refused(body) is None
    REQUEST.validate(body)

    body[field] = value

    assert refused(body) is not None
    assert not REQUEST.is_valid(body)


def refused(body: Any, parse: Callable[[bytes], object] = parse_request) -> str | None:
    """What the checks say against a body."""
    try:
        parse(orjson.dumps(body))
    except ApiError as error:
        return error.message
    return None
