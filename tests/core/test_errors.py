"""An error as the client gets it."""

from towpath.core.errors import ApiError


def test_an_error_has_its_type_its_words_and_the_number_of_its_request() -> None:
    error = {"type": "overloaded_error", "message": "later"}

    assert ApiError(529, "later").body("req_1") == {"type": "error", "error": error, "request_id": "req_1"}


def test_details_come_with_it_and_a_number_of_its_own_stays() -> None:
    error = ApiError(400, "no", details={"field": "x"}, request_id="req_0").body("req_1")

    assert error["error"]["details"] == {"field": "x"}
    assert error["request_id"] == "req_0"
