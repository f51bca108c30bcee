"""The same dialogue as Google's Vertex AI has it: project, region and model in the path, Google's errors.

No login is asked for: clients get theirs from Google, and those that are tested are told to send none.
``MODELS`` are offered; other ids are refused as Google does.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath.testing.dialogue import read_json
from towpath.testing.endpoint import Endpoint
from towpath.testing.responses import Wire
from towpath.testing.script import Failure, Json

MODELS = (
    "claude-opus-5-5",
    "claude-opus-4-6",
    "claude-sonnet-4-6",
    "claude-sonnet-4-5@20250929",
    "claude-haiku-4-5@20251001",
)

_DENIED = (
    "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/{}' "
    "(or it may not exist)."
)
_UNKNOWN = (
    "Publisher Model `{}` was not found or your project does not have access to it. Please ensure you are "
    "using a valid model version."
)
_PUBLISHER = "/projects/{project}/locations/{region}/publishers/anthropic/models/"
# What Google itself says. The rest is said by the model's server, in the API's own form.
_ERRORS: Mapping[str, str] = {
    "authentication_error": "UNAUTHENTICATED",
    "permission_error": "PERMISSION_DENIED",
    "not_found_error": "NOT_FOUND",
    "rate_limit_error": "RESOURCE_EXHAUSTED",
}


class Vertex(Endpoint):
    """The endpoints below Vertex's base URL, with and without the ``/v1`` that the real one ends with."""

    wire = Wire(id_mark="vrtx_", model_id=lambda model: model.replace("@", "-"))

    def routes(self) -> list[Route]:
        """All of them."""
        served = {
            "count-tokens:rawPredict": self.count_tokens,
            "{model}:streamRawPredict": self._predict,
            "{model}:rawPredict": self._predict,
        }
        return [
            Route(f"{base}{_PUBLISHER}{name}", endpoint, methods=["POST"])
            for base in ("", "/v1")
            for name, endpoint in served.items()
        ]

    async def _predict(self, request: Request) -> Response:
        body = await read_json(request)
        if not isinstance(body, Failure):
            body = {**body, "model": request.path_params["model"]}
        return await self.answered(request, body)

    def refusal(self, request: Request, body: Json) -> Failure | None:
        """What Google says of a model that is denied or not there."""
        model = body.get("model")
        resource = f"{request.url.path.removeprefix('/v1').strip('/').rpartition('/')[0]}/{model}"
        if model in self.denied:
            return Failure(403, "permission_error", _DENIED.format(resource))
        return None if model in MODELS else Failure(404, "not_found_error", _UNKNOWN.format(resource))

    def failed(self, failure: Failure) -> Response:
        """The error as Google writes it, or as the model's server does. Its type may be one of Google's."""
        status = _ERRORS.get(failure.type, failure.type)
        if not status.isupper():
            return super().failed(failure)
        error = {"code": failure.status, "message": failure.message, "status": status}
        return JSONResponse({"error": error}, status_code=failure.status, headers=failure.headers)
