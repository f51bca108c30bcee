"""The API's errors as values that carry their own HTTP meaning.

    ApiError
      status 400 invalid_request_error      404 not_found_error       500 api_error
             401 authentication_error       413 request_too_large     504 timeout_error
             402 billing_error              429 rate_limit_error      529 overloaded_error
             403 permission_error

The shapes are those of the public API reference: ``{"type": "error", "error": {"type", "message"},
"request_id"}``. Clients match on exactly these (a body of another shape loses its message).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is an error: its HTTP status, the API's error type and a sentence for a person.

    ``details`` goes into the error object as it is; ``headers`` go onto the response (Retry-After).
    ``request_id`` is the upstream's own id where it is known.
    """

    status: int
    message: str
    type: str = ""
    details: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None

    def __post_init__(self) -> None:
        self.type = self.type or ERROR_TYPES.get(self.status, "api_error")
        super().__init__(f"{self.status} {self.type}: {self.message}")

    def body(self, request_id: str) -> dict[str, Any]:
        """The error object that goes to the client, before the first byte or as an ``error`` event."""
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.details is not None:
            error["details"] = dict(self.details)
        return {"type": "error", "error": error, "request_id": self.request_id or request_id}


def invalid(path: str, problem: str, *, details: Mapping[str, Any] | None = None) -> ApiError:
    """A 400 that names the field, in the API's own form: ``messages.0.content.1.text: problem``."""
    return ApiError(400, f"{path}: {problem}", details=details)
