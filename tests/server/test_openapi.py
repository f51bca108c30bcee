"""The document and the checks say the same: what either lets pass, the other does."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from tests.support.profiles import TIMEOUT_SECONDS
from tests.support.schema import COUNT, REQUEST, refused
from towpath.core.reading.request import OWN_FIELDS
from towpath.core.reading.rules import CLI_FIELDS, NOT_COUNTED, PARAMETER_CHECKS
from towpath.core.statuses import STATUSES
from towpath.server.app import create_app
from towpath.server.openapi.document import openapi_document
from towpath.server.openapi.schemas import request_schema
from towpath.settings import Settings

pytestmark = pytest.mark.timeout(TIMEOUT_SECONDS)

DOCUMENT = openapi_document("1.2.3")


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

    assert set(described) == {*OWN_FIELDS, *PARAMETER_CHECKS, *CLI_FIELDS, "tool_choice", "thread"}
    assert {str(status) for status in STATUSES if status != 405} <= set(responses)


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
        ("messages", [{"role": "developer", "content": "a"}]),
        ("messages", [{"role": "user", "content": "a"}, {"role": "system", "content": [{"type": "image"}]}]),
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
