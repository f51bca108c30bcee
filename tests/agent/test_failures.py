"""What the CLI says when a turn failed, and the API's error that it stands for."""

import asyncio
import json
from typing import Any

import pytest
from claude_agent_sdk import AssistantMessage, ClaudeSDKError, CLINotFoundError, ResultMessage
from claude_agent_sdk.types import AssistantMessageError

from towpath.agent.failures import api_error, as_process_died
from towpath.core.account_limits import Verdict
from towpath.core.errors import ApiError, ProcessDied

ADVICE = (
    ". This is a server-side issue, usually temporary — try again in a moment. If it persists, check the "
    "status page.\nIt says more."
)
NOW = 1_000_000.0


def error_of(
    said: str | None,
    status: int | None = None,
    *,
    kind: AssistantMessageError | None = None,
    note: dict[str, Any] | None = None,
    resets_at: int | None = None,
    errors: list[str] | None = None,
) -> ApiError:
    result = ResultMessage(
        subtype="success",
        duration_ms=1,
        duration_api_ms=1,
        is_error=True,
        num_turns=1,
        session_id="s",
        result=said,
        errors=errors,
        api_error_status=status,
    )
    message = AssistantMessage(content=[], model="m", error=kind) if kind else None
    limits = Verdict("m", NOW, "rejected", resets_at=resets_at) if resets_at else None
    return api_error(result, message, note or {}, limits, now=NOW)


def details(status: int, message: str) -> dict[str, Any]:
    """The CLI's note of an error with the API's whole answer in it."""
    answer = {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
    return {"errorDetails": f"{status} {json.dumps(answer)}"}


@pytest.mark.parametrize(
    ("said", "status", "kind", "message"),
    [
        ("API Error: 400 messages.0: bad", 400, "invalid_request_error", "messages.0: bad"),
        (
            "Failed to authenticate. API Error: 401 invalid x-api-key",
            401,
            "authentication_error",
            "invalid x-api-key",
        ),
        ("API Error: 402 no credit left", 402, "billing_error", "no credit left"),
        ("API Error: 403 not allowed", 403, "permission_error", "not allowed"),
        ("API Error: 404 model: none such", 404, "not_found_error", "model: none such"),
        ("API Error: 413 too large", 413, "request_too_large", "too large"),
        ("API Error: Request rejected (429) · Too many", 429, "rate_limit_error", "Too many"),
        (
            "API Error: Server is temporarily limiting requests (not your usage limit) · Too many",
            429,
            "rate_limit_error",
            "Too many",
        ),
        (f"API Error: 500 Internal error{ADVICE}", 500, "api_error", "Internal error"),
        (f"API Error: 529 Overloaded{ADVICE}", 529, "overloaded_error", "Overloaded"),
        ("Something new", 503, "api_error", "Something new"),
        ("API Error: Connection closed", 500, "api_error", "Connection closed"),
    ],
)
def test_an_error_of_the_api_keeps_its_status_and_its_sentence(
    said: str, status: int, kind: str, message: str
) -> None:
    error = error_of(said, status)

    assert (error.status, error.type, error.message) == (status, kind, message)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("billing_error", 402),
        ("invalid_request", 400),
        ("rate_limit", 429),
        ("server_error", 502),
        ("unknown", 502),
    ],
)
def test_without_a_status_the_kind_of_error_says_it(kind: AssistantMessageError, status: int) -> None:
    assert error_of("API Error: so it is", kind=kind).status == status


def test_the_status_counts_more_than_the_kind() -> None:
    assert error_of("API Error: 529 Overloaded", 529, kind="server_error").status == 529


def test_the_api_s_own_sentence_is_taken_out_of_the_details() -> None:
    sentence = "prompt is too long: 213462 tokens > 200000 maximum"

    assert error_of("Prompt is too long", 400, note=details(400, sentence)).message == sentence


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"errorDetails": None},
        {"errorDetails": "400 bad"},
        {"errorDetails": '400 {"type":"err'},
        {"errorDetails": '400 {"error":"bad"}'},
        {"errorDetails": '400 {"error":{"type":"t"}}'},
        {"errorDetails": '400 {"message":"bad"}'},
    ],
)
def test_details_of_another_shape_leave_the_cli_s_sentence(note: dict[str, Any]) -> None:
    assert error_of("API Error: 400 it was bad", 400, note=note).message == "it was bad"


def test_the_type_and_the_request_id_are_those_of_the_note() -> None:
    note = {"apiErrorType": "rate_limit_error", "requestId": "req_1"}

    error = error_of("API Error: 400 bad", 400, note=note)

    assert (error.type, error.request_id) == ("rate_limit_error", "req_1")


def test_without_a_login_the_error_says_how_to_log_in() -> None:
    error = error_of("Not logged in · Please run /login", kind="authentication_failed")

    assert (error.status, error.type) == (401, "authentication_error")
    assert "auth login" in error.message
    assert "CLAUDE_PROXY_UPSTREAM_API_KEY" in error.message


def test_a_login_that_the_api_refused_keeps_the_api_s_sentence() -> None:
    said = "Failed to authenticate. API Error: 401 token expired"

    assert error_of(said, 401, kind="authentication_failed").message == "token expired"


@pytest.mark.parametrize(
    ("resets_at", "headers"),
    [
        pytest.param(1_000_090, {"retry-after": "90"}, id="later"),
        pytest.param(1_000_000, {"retry-after": "1"}, id="now"),
        pytest.param(999_000, {"retry-after": "1"}, id="past"),
        pytest.param(None, {}, id="not-known"),
    ],
)
def test_a_rate_limit_says_when_to_try_again(resets_at: int | None, headers: dict[str, str]) -> None:
    error = error_of("API Error: Request rejected (429) · Too many", 429, resets_at=resets_at)

    assert error.headers == headers


def test_only_a_rate_limit_says_when_to_try_again() -> None:
    assert error_of("API Error: 529 Overloaded", 529, resets_at=1_000_090).headers == {}


@pytest.mark.parametrize(
    ("said", "errors", "message"),
    [
        ("strange", None, "strange"),
        (None, ["one", "two"], "one; two"),
        (None, None, "the Claude CLI ended the turn without an answer"),
        ("", [], "the Claude CLI ended the turn without an answer"),
    ],
)
def test_an_end_that_is_not_known_is_an_error_of_the_api(
    said: str | None, errors: list[str] | None, message: str
) -> None:
    error = error_of(said, errors=errors)

    assert (error.status, error.type, error.message) == (500, "api_error", message)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Exception("Control request timeout: initialize"), "it failed: Control request timeout: initialize"),
        (ClaudeSDKError("no\nadvice"), "it failed: no"),
        (OSError(28, "No space left on device"), "it failed: [Errno 28] No space left on device"),
        (KeyError(), "it failed: KeyError"),
        (ProcessDied("said already"), "said already"),
    ],
    ids=repr,
)
def test_whatever_the_sdk_raises_is_the_end_of_the_process(error: Exception, sentence: str) -> None:
    with pytest.raises(ProcessDied) as caught, as_process_died("it failed"):
        raise error

    assert str(caught.value) == sentence


def test_a_cli_that_is_missing_is_named() -> None:
    with pytest.raises(ProcessDied, match="_bundled/claude; install Towpath"), as_process_died("it failed"):
        raise CLINotFoundError("not found")


def test_a_task_that_is_cancelled_did_not_fail() -> None:
    with pytest.raises(asyncio.CancelledError), as_process_died("it failed"):
        raise asyncio.CancelledError


def test_an_error_that_the_api_sent_in_a_stream_keeps_its_own_words() -> None:
    error = error_of("API Error: odd", kind="server_error", note={"apiErrorType": "api_error"})

    assert (error.status, error.message) == (500, "odd")
