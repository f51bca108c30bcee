"""The tests that Anthropic's SDK for Python has of its own, with the proxy as the API.

They call each method with few and with all parameters, synchronously and not, and check every field of
the answers against its type. They are in the SDK's source package.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.anthropic_sdk import CLIENT as CLIENT  # the listing shows both modules as one
from tests.clients.python_clients import TIMEOUT_SECONDS, Environment
from tests.clients.suites import Results, assert_fails_only, run_suite, source_of
from tests.support.pins import pinned
from tests.support.profiles import IS_NIGHTLY, scaled
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.long, pytest.mark.timeout(TIMEOUT_SECONDS)]

PACKAGE = f"anthropic=={pinned('anthropic')}"
# What its tests import, as its pyproject.toml says; and pip, because uv cannot fetch a source package.
NEEDED = "pytest pytest-asyncio pytest-xdist respx time-machine dirty-equals rich hypothesis inline-snapshot"
SUITE = Environment(
    "anthropic-suite",
    (
        PACKAGE,
        *NEEDED.split(),
        "griffe",
        "http-snapshot[httpx]==0.1.9",
        "opentelemetry-sdk",
        "aiohttp",
        "pip",
    ),
)

# The tests ask for a page of the list that no account has.
REFUSED: Mapping[str, str] = {
    "test_method_list_with_all_params": "after_id: 'after_id' is not in the list",
}
# "All parameters" have citations inside the system prompt, of which the CLI takes only the text.
_CITATIONS = "system.0.citations: citations of a system text cannot be carried"
REFUSED_MESSAGES: Mapping[str, str] = {
    "test_method_create_with_all_params_overload_1": _CITATIONS,
    "test_method_create_with_all_params_overload_2": _CITATIONS,
    "test_method_count_tokens_with_all_params": _CITATIONS,
}
# Nor are threads: the SDK's tool runner does without them if it is told so, a plain request fails.
_THREAD = "thread: conversations are not held by this server"
REFUSED_BETA: Mapping[str, str] = {
    "test_method_create_with_all_params_overload_1": _THREAD,
    "test_method_create_with_all_params_overload_2": _THREAD,
    "test_method_count_tokens_with_all_params": _CITATIONS,
}

# Each test is run with five clients, which send the same requests. By day these are the synchronous one that
# checks all of an answer and the asynchronous one over another HTTP library; and not the test that asks 20
# models of which the SDK warns.
REPEATS = () if IS_NIGHTLY else ("-k", "not deprecated and ((strict and not Async) or aiohttp)")


@pytest.fixture(scope="module")
def source() -> Path:
    """The SDK's source with its tests, from PyPI."""
    return source_of(SUITE, PACKAGE)


def results(source: Path, proxy_url: str, home: Path, *arguments: str) -> Results:
    variables = {"TEST_API_BASE_URL": proxy_url}
    return run_suite(SUITE, source, home, variables, "-n", "0", *arguments)


@pytest.mark.shows("its own tests of messages and models")
def test_the_own_tests_pass_but_for_what_is_refused(
    source: Path, proxy_url: str, api: ScriptedApi, tmp_path: Path
) -> None:
    files = ("tests/api_resources/test_messages.py", "tests/api_resources/test_models.py")
    found = results(source, proxy_url, tmp_path, *REPEATS, *files)

    assert len(found) > scaled(40, 100)
    assert_fails_only(found, {**REFUSED, **REFUSED_MESSAGES})


@pytest.mark.nightly
@pytest.mark.shows("its own tests of beta")
def test_the_own_tests_of_beta_pass_but_for_what_is_refused(
    source: Path, proxy_url: str, api: ScriptedApi, tmp_path: Path
) -> None:
    files = ("tests/api_resources/beta/test_messages.py", "tests/api_resources/beta/test_models.py")
    found = results(source, proxy_url, tmp_path, *files)

    assert len(found) > 100
    assert_fails_only(found, {**REFUSED, **REFUSED_BETA})
