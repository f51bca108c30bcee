"""The table of statuses: complete, and in agreement with HTTP and the API."""

from http import HTTPStatus

import pytest

from towpath.core.errors import ApiError
from towpath.core.statuses import STATUSES, ErrorStatus, status_of


@pytest.mark.parametrize("status", STATUSES.values(), ids=lambda status: str(status.code))
def test_a_status_says_what_happened_and_what_to_do(status: ErrorStatus) -> None:
    assert status.meaning.endswith(".")
    assert status.advice.endswith(".")
    assert ApiError(status.code, "a sentence").type == status.type


@pytest.mark.parametrize("code", [code for code in STATUSES if code != 529])
def test_a_status_is_called_as_in_http(code: int) -> None:
    # RFC 9110 renamed 413; Python 3.13 follows.
    assert status_of(code).phrase in (HTTPStatus(code).phrase, "Content Too Large")


def test_each_status_has_a_meaning_of_its_own() -> None:
    assert len({status.meaning for status in STATUSES.values()}) == len(STATUSES)


def test_a_status_without_a_row_is_an_error_of_the_api() -> None:
    assert ApiError(418, "I am a teapot").type == "api_error"
    assert status_of(418).explanation.startswith("The request failed. ")
