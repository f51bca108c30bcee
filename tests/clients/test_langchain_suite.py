"""LangChain's standard tests of chat models, through langchain-anthropic and the proxy."""

from pathlib import Path

import pytest

from tests.clients.langchain import CLIENT, LANGCHAIN
from tests.clients.langchain_suite import run_standard
from tests.clients.python_clients import TIMEOUT_SECONDS
from tests.clients.suites import assert_fails_only
from tests.support.profiles import IS_NIGHTLY, scaled
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.long, pytest.mark.timeout(TIMEOUT_SECONDS)]

# By day without those that send the same kind of request again, in another way of LangChain's own.
AGAIN = ("with_model_override", "async", "batch", "stream_events", "typeddict", "pydantic_2_v1", "astream")
REPEATS = () if IS_NIGHTLY else ("-k", " and ".join(f"not {name}" for name in AGAIN))


@pytest.mark.shows("LangChain's standard tests")
def test_the_standard_tests_pass(proxy_url: str, api: ScriptedApi, tmp_path: Path) -> None:
    """With a proxy that has no spares: each test is of another kind, so most would be in vain."""
    variables = CLIENT.variables(proxy_url)
    found = run_standard(LANGCHAIN, "langchain_standard.py", variables, api, tmp_path, *REPEATS)

    assert len(found) > scaled(20, 40)
    assert_fails_only(found, {})
