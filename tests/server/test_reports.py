"""What the server says of itself is what the OpenAPI document says that it says."""

import time
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from towpath.core.catalog import OpenAIModel, OpenAIModels, anthropic_page
from towpath.core.limits import Verdict
from towpath.server.exchange.limits import KnownLimits
from towpath.server.exchange.publisher import Publisher
from towpath.server.openapi.document import openapi_document
from towpath.server.reports import Greeting

SCHEMAS = openapi_document("1.2.3")["components"]["schemas"]


def limits() -> KnownLimits:
    return KnownLimits(time.time, Publisher().publish, no_extra_usage=True)


def drawing() -> KnownLimits:
    known = limits()
    known.hear(Verdict("claude-sonnet-9", time.time(), "rejected", "five_hour", draws=True))
    return known


REPORTS = [
    Greeting(status="ok"),
    limits().report(),
    drawing().report(),
    anthropic_page([], {}),
    OpenAIModels(data=[OpenAIModel(id="claude-sonnet-9")]),
]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: type(report).__name__)
def test_a_report_is_as_described(report: Any) -> None:
    described = {"$ref": f"#/components/schemas/{type(report).__name__}", "components": {"schemas": SCHEMAS}}

    jsonschema_rs.validate(described, msgspec.to_builtins(report))


def test_what_is_not_known_of_limits_is_null() -> None:
    assert msgspec.to_builtins(limits().report()) == {
        "as_of": None,
        "status": None,
        "representative": None,
        "windows": [],
        "extra_usage": {
            "status": None,
            "resets_at": None,
            "disabled_reason": None,
            "in_use": None,
            "allowed_here": False,
        },
        "refusing": [],
    }


def test_a_model_that_is_refused_is_named() -> None:
    (refusing,) = drawing().report().refusing

    assert (refusing.window, refusing.model) == ("five_hour", "claude-sonnet-9")
