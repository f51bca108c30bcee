"""The API's errors as values that carry their own HTTP meaning.

The shapes are those of the public API reference: ``{"type": "error", "error": {"type", "message"},
"request_id"}``. Clients match on exactly these (a body of another shape loses its message).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from towpath.core.statuses import status_of
from towpath.core.to_json import Json


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is an error: its HTTP status, a sentence for a person and the API's error type, which
    follows from the status (``statuses``) unless the upstream gave another.

    ``details`` goes into the error object as it is; ``headers`` go onto the response (Retry-After).
    ``request_id`` is the upstream's own id where it is known. ``code`` is OpenAI's, where its clients look
    for one. ``window`` is the plan's window that is used up, by the API's name, where that is the reason.
    """

    status: int
    message: str
    type: str = ""
    details: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None
    code: str | None = None
    window: str | None = None

    def __post_init__(self) -> None:
        self.type = self.type or status_of(self.status).type
        super().__init__(f"{self.status} {self.type}: {self.message}")

    def body(self, request_id: str) -> Json:
        """The error object that goes to the client, before the first byte or as an ``error`` event."""
        error: Json = {"type": self.type, "message": self.message}
        if self.details is not None:
            error["details"] = dict(self.details)
        return {"type": "error", "error": error, "request_id": self.request_id or request_id}


class ProcessDied(Exception):  # noqa: N818 - what happened, not what was wrong
    """The CLI ended, or never came up: nothing was said about the request itself.

    Before a client has seen anything of its answer, another process can take over.
    """


def invalid(path: str, problem: str, *, details: Mapping[str, Any] | None = None) -> ApiError:
    """A 400 that names the field, in the API's own form: ``messages.0.content.1.text: problem``."""
    return ApiError(400, f"{path}: {problem}", details=details)
