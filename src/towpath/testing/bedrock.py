"""The same dialogue as Amazon Bedrock has it: the model in the path, AWS's event stream, AWS's errors.

Requests need a signature of version 4 or a bearer token, of which only the form is looked at: dummy keys do.
Models that ``bedrock_models`` does not offer are refused as AWS does.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath.testing import event_stream
from towpath.testing.bedrock_models import MODELS, PROFILES, described_model, described_profile, own_id
from towpath.testing.dialogue import Dialogue, read_json
from towpath.testing.endpoint import Endpoint
from towpath.testing.responses import Wire, new_id
from towpath.testing.script import Failure, Json

_DENIED = "You don't have access to the model with the specified model ID."
_NEEDS_PROFILE = (
    "Invocation of model ID {} with on-demand throughput isn't supported. Retry your request with the ID or "
    "ARN of an inference profile that contains this model."
)
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=\S+/aws4_request, *SignedHeaders=\S+, *Signature=[0-9a-f]{64}"
)
_ERRORS: Mapping[str, str] = {
    "invalid_request_error": "ValidationException",
    "authentication_error": "UnrecognizedClientException",
    "permission_error": "AccessDeniedException",
    "not_found_error": "ResourceNotFoundException",
    "rate_limit_error": "ThrottlingException",
    "overloaded_error": "ServiceUnavailableException",
    "api_error": "InternalServerException",
}


def _frame(event: Json) -> bytes:
    """An event as a chunk; an ``error`` as one of AWS's exceptions, which ends the stream."""
    if event["type"] == "error":
        name = _error_name(event["error"]["type"])
        kind = {":message-type": "exception", ":exception-type": name[0].lower() + name[1:]}
        payload = {"message": event["error"]["message"]}
    else:
        if event["type"] == "message_stop":
            event = {**event, "amazon-bedrock-invocationMetrics": {"invocationLatency": 1}}
        kind = {":message-type": "event", ":event-type": "chunk"}
        payload = {"bytes": base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()}
    return event_stream.message({":content-type": "application/json", **kind}, json.dumps(payload).encode())


class Bedrock(Endpoint):
    """``asked`` has the paths of all requests for lists and profiles so far."""

    wire = Wire(
        frame=_frame,
        media_type=event_stream.MEDIA_TYPE,
        has_ping=False,
        id_mark="bdrk_",
        request_id_header="x-amzn-requestid",
        model_id=own_id,
    )
    count_field = "inputTokens"

    def __init__(self, dialogue: Dialogue, denied: Collection[str]) -> None:
        super().__init__(dialogue, denied)
        self.asked: list[str] = []

    def routes(self) -> list[Route]:
        """Those of bedrock-runtime and of bedrock, which are two hosts at AWS."""
        return [
            Route("/model/{model:path}/invoke", self._invoke, methods=["POST"]),
            Route("/model/{model:path}/invoke-with-response-stream", self._invoke, methods=["POST"]),
            Route("/model/{model:path}/count-tokens", self._count_tokens, methods=["POST"]),
            Route("/inference-profiles", self._profiles),
            Route("/inference-profiles/{profile:path}", self._profile),
            Route("/foundation-models", self._models),
            Route("/foundation-models/{model:path}", self._model),
        ]

    async def _invoke(self, request: Request) -> Response:
        body = await read_json(request)
        if not isinstance(body, Failure):
            streams = request.url.path.endswith("-stream")
            body = {**body, "model": request.path_params["model"], "stream": streams}
        return await self.answered(request, body)

    async def _count_tokens(self, request: Request) -> Response:
        body = await read_json(request, needs="input")
        if not isinstance(body, Failure):
            invoked = json.loads(base64.b64decode(body["input"]["invokeModel"]["body"]))
            body = {**invoked, "model": request.path_params["model"]}
        return self.counted(request, body)

    def refusal(self, request: Request, body: Json) -> Failure | None:
        """What AWS says of a missing signature, and of a model that is denied, not offered, or not so.

        Tokens are counted for the id of a model, everything else takes that of a profile.
        """
        profile = body["model"].rpartition("/")[2]  # an ARN ends with the id
        if unsigned := _unsigned(request):
            return unsigned
        if profile in self.denied:
            return Failure(403, "permission_error", _DENIED)
        is_count = request.url.path.endswith("/count-tokens")
        if profile in MODELS and not is_count:
            return Failure(400, "invalid_request_error", _NEEDS_PROFILE.format(profile))
        if profile not in (MODELS if is_count else PROFILES):
            return Failure(400, "invalid_request_error", "The provided model identifier is invalid.")
        return None

    def failed(self, failure: Failure) -> Response:
        """The error as AWS writes it. Its type may be the API's, or a name of AWS's own."""
        kind = {self.wire.request_id_header: new_id("req_"), "x-amzn-errortype": _error_name(failure.type)}
        return JSONResponse(
            {"message": failure.message}, status_code=failure.status, headers={**kind, **failure.headers}
        )

    async def _profiles(self, request: Request) -> Response:
        described = [described_profile(name) for name in PROFILES]
        return self._listed(request, {"inferenceProfileSummaries": described})

    async def _profile(self, request: Request) -> Response:
        name = request.path_params["profile"].rpartition("/")[2]
        return self._listed(request, described_profile(name) if name in PROFILES else None)

    async def _models(self, request: Request) -> Response:
        return self._listed(request, {"modelSummaries": [described_model(name) for name in MODELS]})

    async def _model(self, request: Request) -> Response:
        name = request.path_params["model"]
        return self._listed(request, {"modelDetails": described_model(name)} if name in MODELS else None)

    def _listed(self, request: Request, found: Json | None) -> Response:
        self.asked.append(request.url.path)
        if refusal := _unsigned(request):
            return self.failed(refusal)
        if found is None:
            return self.failed(Failure(404, "not_found_error", "The specified resource was not found."))
        return JSONResponse(found)


def _error_name(kind: str) -> str:
    return _ERRORS.get(kind, kind)


def _unsigned(request: Request) -> Failure | None:
    given = request.headers.get("authorization", "")
    if given.startswith("Bearer ") or (_SIGNED.fullmatch(given) and "x-amz-date" in request.headers):
        return None
    return Failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
