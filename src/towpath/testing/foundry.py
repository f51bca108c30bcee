"""The same dialogue as Microsoft Foundry has it: the API's paths below ``/anthropic``, and Azure's errors.

A key (``api-key``, or ``x-api-key`` as Anthropic's clients send it) or a bearer token must be there; any
does. ``MODELS`` are the deployments; a model that has none is refused as Azure does.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath.testing.endpoint import Endpoint
from towpath.testing.responses import new_id
from towpath.testing.script import Failure, Json

MODELS = ("claude-opus-5-5", "claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-4-5", "claude-haiku-4-5")

_NO_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
    "for an active subscription and use a correct regional API endpoint for your resource."
)
_KEYS = ("api-key", "x-api-key", "authorization")
# What Azure itself says. The rest is said by the model's server, in the API's own form.
_ERRORS: Mapping[str, str] = {
    "authentication_error": "401",
    "permission_error": "PermissionDenied",
    "not_found_error": "DeploymentNotFound",
    "rate_limit_error": "RateLimitReached",
}


class Foundry(Endpoint):
    """The endpoints of a resource."""

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/anthropic/v1/messages", self.messages, methods=["POST"]),
            Route("/anthropic/v1/messages/count_tokens", self.count_tokens, methods=["POST"]),
        ]

    def refusal(self, request: Request, body: Json) -> Failure | None:
        """What Azure says of a missing key, and of a model that is denied or has no deployment."""
        if not any(request.headers.get(name) for name in _KEYS):
            return Failure(401, "authentication_error", _NO_KEY)
        if body.get("model") in self.denied:
            return Failure(403, "permission_error", "Public access is disabled. Please configure access.")
        if body.get("model") not in MODELS:
            return Failure(404, "not_found_error", "The API deployment for this resource does not exist.")
        return None

    def failed(self, failure: Failure) -> Response:
        """The error as Azure writes it, or as the model's server does. Its type may be a code of Azure's."""
        code = _ERRORS.get(failure.type, failure.type)
        if code.endswith("_error"):
            return super().failed(failure)
        headers = {"apim-request-id": new_id("req_"), **failure.headers}
        error = {"code": code, "message": failure.message}
        return JSONResponse({"error": error}, status_code=failure.status, headers=headers)
