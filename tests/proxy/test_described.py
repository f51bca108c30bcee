"""Requests that schemathesis makes out of our own document, to the real application, by HTTP.

No CLI runs: its place is taken by processes that answer at once, so thousands of requests take seconds.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks

from tests.support.answering import answering_proxy
from tests.support.profiles import TIMEOUT_SECONDS, fuzzed
from tests.support.schema import BEYOND_THE_SCHEMA
from tests.support.waiting import WAIT_SECONDS
from towpath import __version__
from towpath.server.openapi.document import openapi_document
from towpath.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(TIMEOUT_SECONDS)]

load_all_checks()
ALL: Any = CHECKS.get_by_names(  # functions and classes; the types say functions only
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A proxy whose processes answer at once."""
    with answering_proxy(
        Settings(state_dir=tmp_path_factory.mktemp("state"), spares=0, allow_internal=True)
    ) as url:
        yield url


# Not by schemathesis's plugin: it does not work with pytest 9.2, and is switched off in pyproject.toml.
SCHEMA = schemathesis.openapi.from_dict(openapi_document("1.2.3"))
ASKING = SCHEMA["/v1/messages"]["POST"]
OPENAI = [SCHEMA[path]["POST"] for path in ("/v1/chat/completions", "/v1/responses")]
LOOKING = [
    SCHEMA[path]["GET"]
    for path in (
        "/",
        "/health",
        "/api/hello",
        "/metrics",
        "/openapi.json",
        "/v1/activity",
        "/v1/limits",
        "/v1/models",
    )
]
# They are 300 and 10,000 together.
QUARTER = settings(fuzzed, max_examples=fuzzed.max_examples // 4)
RULES = (*BEYOND_THE_SCHEMA, "in internal mode")  # which has the proxy's own tools
GOOD, BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


@QUARTER
@given(data=st.data())
def test_a_request_that_the_document_allows_is_answered(url: str, data: st.DataObject) -> None:
    case = data.draw(ASKING.as_strategy(generation_mode=GOOD))

    response = case.call(base_url=url)

    case.validate_response(response, checks=ALL)
    assert response.status_code == 200 or any(rule in response.text for rule in RULES), (
        f"{response.status_code}: {response.text[:500]}"
    )


@QUARTER
@given(data=st.data())
def test_a_request_that_the_document_forbids_is_refused(url: str, data: st.DataObject) -> None:
    case = data.draw(ASKING.as_strategy(generation_mode=BAD))

    case.validate_response(case.call(base_url=url), checks=ALL)


@pytest.mark.parametrize("operation", OPENAI, ids=lambda operation: operation.path)
@QUARTER
@given(data=st.data())
def test_openais_doors_answer_or_refuse_in_their_own_shape(
    url: str, operation: Any, data: st.DataObject
) -> None:
    case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from((GOOD, BAD)))))

    case.validate_response(case.call(base_url=url), checks=ALL)


@pytest.mark.parametrize("operation", LOOKING, ids=lambda operation: operation.path)
def test_what_is_looked_at_is_what_the_document_says(url: str, operation: Any) -> None:
    case = operation.Case()

    case.validate_response(case.call(base_url=url), checks=ALL)


def test_the_document_is_served(url: str) -> None:
    assert httpx.get(f"{url}/openapi.json", timeout=WAIT_SECONDS).json() == openapi_document(__version__)
