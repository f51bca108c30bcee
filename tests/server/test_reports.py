"""What the server says of itself is what the OpenAPI document says that it says."""

import time
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import pytest

from tests.support.desk import Desk
from tests.support.waiting import WAIT_SECONDS
from towpath.core.account_limits import Verdict, Window
from towpath.core.catalog import OpenAIModel, OpenAIModels, anthropic_page
from towpath.core.errors import ApiError
from towpath.server.exchange.limit_refusals import KnownLimits
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


def test_the_activity_is_as_described(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shows_content=True, windows=[Window("five_hour", "allowed", 0.5)])
    desk.tell(desk.record(b"a"), usage={"input_tokens": 3})
    desk.tell(desk.record(b"b"), error=ApiError(529, "planted"))
    described = {"$ref": "#/components/schemas/ActivityReport", "components": {"schemas": SCHEMAS}}

    jsonschema_rs.validate(described, msgspec.to_builtins(desk.activity.snapshot()))


def test_half_of_a_surrogate_pair_in_an_error_is_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell(desk.record(b"a"), error=ApiError(400, "planted \ud83d"))
    with desk.served() as url:
        response = httpx.get(f"{url}/v1/activity", timeout=WAIT_SECONDS)

    assert response.status_code == 200
    assert b"planted \\ud83d" in response.content


def test_what_is_not_known_of_limits_is_null() -> None:
    assert msgspec.to_builtins(limits().report()) == {
        "access": "default",
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
        "others": [],
    }


def test_a_model_that_is_refused_is_named() -> None:
    (refusing,) = drawing().report().refusing

    assert (refusing.window, refusing.model) == ("five_hour", "claude-sonnet-9")
