"""LangChain's standard tests of chat models with langchain-openai, by both of OpenAI's APIs."""

from pathlib import Path

import pytest

from tests.clients.langchain_openai import APIS, CLIENT, LANGCHAIN_OPENAI
from tests.clients.langchain_suite import run_standard
from tests.clients.python_clients import TIMEOUT_SECONDS
from tests.clients.suites import assert_fails_only
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]


@pytest.mark.shows("LangChain's standard tests")
@pytest.mark.parametrize("api_name", APIS)
def test_the_standard_tests_pass(proxy_url: str, api: ScriptedApi, tmp_path: Path, api_name: str) -> None:
    variables = {**CLIENT.variables(proxy_url), "LANGCHAIN_API": api_name}
    found = run_standard(LANGCHAIN_OPENAI, "langchain_openai_standard.py", variables, api, tmp_path)

    assert len(found) > 40
    assert_fails_only(found, {})
