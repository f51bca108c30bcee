"""What the CLI says of errors of cloud providers (as recorded), and what the client is told."""

import pytest
from claude_agent_sdk import AssistantMessage, ResultMessage

from towpath.agent.failures import api_error
from towpath.core.errors import ApiError

AWS = (
    "AWS authentication failed · refresh your AWS credentials (SSO sign-in, access keys, API key or proxy "
    "token) and retry · if credentials are current, check AWS permissions and model access · API Error: 403 "
)
GOOGLE = (
    "Google Cloud authentication failed · refresh the token · check GCP IAM permissions · API Error: 403 "
)
GOOGLE_LOGIN = "Google Cloud credentials expired or invalid · refresh your token and retry · API Error: 401 "
FOUNDRY = "Microsoft Foundry authentication failed · refresh your Foundry credential (A, B) · API Error: "
NO_POLICY = "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel on resource: arn:x"
NO_ACCESS = "You don't have access to the model with the specified model ID."
SSO = "The SSO session token associated with profile=work was not found or is invalid."


def error_of(said: str, status: int | None, kind: str) -> ApiError:
    result = ResultMessage("success", 1, 1, True, 1, "s", result=said, api_error_status=status)
    said_so = AssistantMessage([], "m", error=kind)  # type: ignore[arg-type]  # the SDK lists some of them
    return api_error(result, said_so, {}, None, now=0)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            AWS + "The security token included in the request is expired",
            "The security token included in the request is expired. Run `aws sso login`",
        ),
        (AWS + "Bearer Token has expired", "Bearer Token has expired. Run `aws sso login`"),
        (GOOGLE_LOGIN + "There was none.", "There was none. Run `gcloud auth application-default login`"),
        (FOUNDRY + "401 Invalid subscription key", "Invalid subscription key. Run `az login`"),
    ],
)
def test_an_expired_login_is_a_401_that_says_what_to_run(said: str, message: str) -> None:
    error = error_of(said, 403 if said.startswith("AWS") else 401, "authentication_failed")

    assert (error.status, error.type) == (401, "authentication_error")
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    ("provider", "sentence", "message"),
    [
        ("AWS", SSO, f"{SSO} Run `aws sso login`"),
        ("Google Cloud", "There are none.", "There are none. Run `gcloud auth application-default login`"),
        ("Azure", "Nothing here.\nNor there.", "Nothing here.\nNor there. Run `az login`"),
    ],
)
def test_so_is_a_machine_without_one(provider: str, sentence: str, message: str) -> None:
    said = (
        f"API Error: Could not load {provider} credentials · {sentence} "
        f"Check or refresh your {provider} credentials and try again."
    )
    error = error_of(said, None, "cloud_credential_error")

    assert error.status == 401
    assert error.message.startswith(message)
    assert "Check or refresh" not in error.message


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (AWS + NO_POLICY, NO_POLICY),
        (f"AWS authentication failed · enable this model · API Error: 403 {NO_ACCESS}", NO_ACCESS),
        (GOOGLE + "Permission 'x' denied", "Permission 'x' denied"),
        (FOUNDRY + "403 Public access is disabled", "Public access is disabled"),
    ],
)
def test_what_an_account_may_not_do_is_a_403_in_the_provider_s_words(said: str, sentence: str) -> None:
    error = error_of(said, 403, "authentication_failed")

    assert (error.status, error.type, error.message) == (403, "permission_error", sentence)


@pytest.mark.parametrize(
    ("said", "status", "message"),
    [
        ("API Error (us.a.x): 400 The identifier is invalid..", 400, "The identifier is invalid."),
        ("API Error (us.a.x): 404 It is gone. Try switching to us.a.y.", 404, "It is gone"),
    ],
)
def test_a_model_that_is_not_there_is_a_404(said: str, status: int, message: str) -> None:
    error = error_of(said, status, "model_not_found")

    assert (error.status, error.type, error.message) == (404, "not_found_error", message)


def test_a_model_that_took_too_long_is_no_request_that_did() -> None:
    error = error_of("API Error: 408 Model timed out", 408, "unknown")

    assert (error.status, error.type, error.message) == (504, "timeout_error", "Model timed out")
