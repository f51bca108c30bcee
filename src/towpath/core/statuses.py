"""The statuses that an error can have: one table for errors, explanations and OpenAPI document. Pure.

The types are those of the API's public reference, and clients match on them. A status that the reference does
not have gets the type of the one nearest to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_INVALID = "invalid_request_error"
_OTHER = "api_error"


@dataclass(frozen=True)
class ErrorStatus:
    """``phrase`` is HTTP's name for the code, ``type`` the API's.

    ``meaning`` says what happened and ``advice`` what to do, in sentences for a person. Neither repeats
    anything of the request.
    """

    code: int
    phrase: str
    type: str
    meaning: str
    advice: str

    @property
    def explanation(self) -> str:
        """What happened, and what to do."""
        return f"{self.meaning} {self.advice}"


_ROWS = (
    ErrorStatus(
        400,
        "Bad Request",
        _INVALID,
        "The request breaks a rule; the message names the field.",
        "The client has to send it differently.",
    ),
    ErrorStatus(
        401,
        "Unauthorized",
        "authentication_error",
        "A key is missing or not accepted, or Claude is not logged in.",
        "Log in with the Claude CLI, or check the key: the client's, or CLAUDE_PROXY_UPSTREAM_API_KEY.",
    ),
    ErrorStatus(
        402,
        "Payment Required",
        "billing_error",
        "The account cannot pay for the request.",
        "Look at its billing.",
    ),
    ErrorStatus(
        403,
        "Forbidden",
        "permission_error",
        "The account may not do this, or the server does not allow the request's Host, Origin or mode.",
        "Check the account's plan and models, or the setting that the message names.",
    ),
    ErrorStatus(
        404,
        "Not Found",
        "not_found_error",
        "There is no such model, path, batch or file, or no upstream that could have it.",
        "Choose another model in the client, or set what the message names.",
    ),
    ErrorStatus(
        405,
        "Method Not Allowed",
        _INVALID,
        "The path is not served with this method.",
        "The client has to use another one.",
    ),
    ErrorStatus(
        408,
        "Request Timeout",
        _INVALID,
        "The request did not arrive in time.",
        "Send it again; for a slow line, set CLAUDE_PROXY_REQUEST_TIMEOUT_SECONDS higher.",
    ),
    ErrorStatus(
        409,
        "Conflict",
        "conflict_error",
        "The API says that the request conflicts with another one.",
        "Try again.",
    ),
    ErrorStatus(
        413,
        "Content Too Large",
        "request_too_large",
        "The request is too large: its body may have 32 MB, before and after decompression.",
        "Begin a new conversation, or let the client compact this one.",
    ),
    ErrorStatus(
        415,
        "Unsupported Media Type",
        _INVALID,
        "The body has a coding other than gzip, deflate and zstd.",
        "Send it in one of these, or as it is.",
    ),
    ErrorStatus(
        426,
        "Upgrade Required",
        _INVALID,
        "There are no WebSockets here.",
        "Send the request as a POST.",
    ),
    ErrorStatus(
        429,
        "Too Many Requests",
        "rate_limit_error",
        "A limit of the account is reached, or only paid extra usage is left and it is not allowed.",
        "Wait until the limit is reset; Retry-After says when, if that is known.",
    ),
    ErrorStatus(
        431,
        "Request Header Fields Too Large",
        _INVALID,
        "The request's headers are too long.",
        "Send fewer or shorter ones.",
    ),
    ErrorStatus(
        500,
        "Internal Server Error",
        _OTHER,
        "Claude, or the Claude CLI, failed.",
        "Try again; if it keeps failing, see docs/troubleshooting.md.",
    ),
    ErrorStatus(
        502,
        "Bad Gateway",
        _OTHER,
        "The upstream cannot be reached, or its answer cannot be used.",
        "Check its address and the network, then try again.",
    ),
    ErrorStatus(
        503,
        "Service Unavailable",
        _OTHER,
        "The server is stopping.",
        "Send the request again when it is back.",
    ),
    ErrorStatus(
        504,
        "Gateway Timeout",
        "timeout_error",
        "The model took too long.",
        "Try again.",
    ),
    ErrorStatus(
        508,
        "Loop Detected",
        _OTHER,
        "The request has come through this server already.",
        "Set CLAUDE_PROXY_UPSTREAM_BASE_URL to the address of the API, or unset it.",
    ),
    ErrorStatus(
        529,
        "Overloaded",
        "overloaded_error",
        "Too much at once, at the API or here; no limit of the account is reached.",
        "Try again in a moment; Retry-After says when, if that is known.",
    ),
)
STATUSES: Mapping[int, ErrorStatus] = {status.code: status for status in _ROWS}


def status_of(code: int) -> ErrorStatus:
    """The row of a status. An upstream may answer with one that has none."""
    advice = "See the message, and docs/troubleshooting.md."
    unknown = ErrorStatus(code, "", _OTHER, "The request failed.", advice)
    return STATUSES.get(code, unknown)
