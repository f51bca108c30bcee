"""An error as an HTTP response, in the shape of the API that was asked."""

import uuid

from starlette.responses import Response

from towpath.core.errors import ApiError
from towpath.core.openai.shared_parts import error_body
from towpath.core.to_json import to_json


def new_request_id() -> str:
    """An id for one exchange, in the API's form."""
    return f"req_{uuid.uuid4().hex[:24]}"


def error_response(error: ApiError, request_id: str | None = None) -> Response:
    """The error object with its status, its headers and the id of the exchange."""
    body = error.body(request_id or new_request_id())
    headers = {**error.headers, "request-id": body["request_id"]}
    return Response(to_json(body), error.status, headers, "application/json")


def openai_error_response(error: ApiError, request_id: str) -> Response:
    """The same in OpenAI's shape, whose clients look for the id under another name."""
    headers = {**error.headers, "request-id": request_id, "x-request-id": request_id}
    return Response(to_json(error_body(error)), error.status, headers, "application/json")
