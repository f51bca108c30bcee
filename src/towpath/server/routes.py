"""What is served where."""

from collections.abc import Iterator
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath import __version__
from towpath.core.errors import ApiError
from towpath.core.openai.given_items import GivenItems
from towpath.server.api.batches import Relay, relay_routes
from towpath.server.api.chat import ChatFormat
from towpath.server.api.count import CountEndpoint, count_routes
from towpath.server.api.endpoint import Endpoint
from towpath.server.api.messages import MessagesFormat
from towpath.server.api.models import ModelRoutes
from towpath.server.api.responses import ResponsesFormat
from towpath.server.components import Components
from towpath.server.dashboard.routes import ActivityStream, dashboard_routes
from towpath.server.errors import error_response, new_request_id, openai_error_response
from towpath.server.exchange.limit_refusals import limits_report
from towpath.server.guard import HELLO
from towpath.server.observe.metrics import CONTENT_TYPE
from towpath.server.openapi.document import openapi_document
from towpath.server.reports import Greeting, report_response
from towpath.settings import Settings

# Clients differ in whether the base URL ends in /v1; a user who mixes them up is still understood.
MESSAGES_PATHS = ("/v1/messages", "/messages", "/v1/v1/messages")
CHAT_PATHS = ("/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions")
RESPONSES_PATHS = ("/v1/responses", "/responses", "/v1/v1/responses")
OPENAI_PATHS = (*CHAT_PATHS, *RESPONSES_PATHS)
MODELS_PATHS = ("/v1/models", "/models", "/v1/v1/models")


def routes(settings: Settings, components: Components) -> Iterator[Route]:
    """All routes."""
    searches = {name for name, one in components.accesses.items() if one.has_search(settings.web_search)}
    for paths, format_of in (
        (MESSAGES_PATHS, MessagesFormat),
        (CHAT_PATHS, ChatFormat),
        (RESPONSES_PATHS, partial(ResponsesFormat, GivenItems(), searches)),
    ):
        endpoint = Endpoint(settings, components.exchanges, format_of)
        yield from (Route(path, endpoint, methods=["POST"]) for path in paths)
    models = ModelRoutes({name: one.models for name, one in components.accesses.items()})
    for path in MODELS_PATHS:
        yield Route(path, models.list)
        yield Route(f"{path}/{{model_id:path}}", models.one)
    yield from _upstream_routes(settings, components)
    yield from _reports(components)
    stream = ActivityStream(
        components.activity,
        ping_seconds=settings.ping_seconds,
        client_seconds=settings.client_timeout_seconds,
    )
    yield from dashboard_routes(components.activity, stream, components.usage, needs_key=bool(settings.keys))


def _upstream_routes(settings: Settings, components: Components) -> Iterator[Route]:
    """What the proxy itself asks the operator's upstream."""
    accesses = components.accesses
    counts = {name: one.count for name, one in accesses.items()}
    yield from count_routes(
        MESSAGES_PATHS, CountEndpoint(settings, counts, components.memo, components.queue)
    )
    upstreams = {name: one.upstream for name, one in accesses.items()}
    yield from relay_routes(MESSAGES_PATHS, Relay(upstreams, settings.client_timeout_seconds))


def _reports(components: Components) -> list[Route]:
    """What the server says of itself."""
    document = openapi_document(__version__, components.accesses.keys())

    async def report(request: Request) -> Response:
        return report_response(components.health.report() if request.state.has_key else Greeting(status="ok"))

    async def show_metrics(_: Request) -> Response:
        return Response(components.metrics.text(), media_type=CONTENT_TYPE)

    limits = {name: one.limits for name, one in components.accesses.items()}

    async def show_limits(request: Request) -> Response:
        return report_response(limits_report(limits, request.state.access))

    async def greet(_: Request) -> Response:
        return JSONResponse({"message": "hello"})

    async def describe(_: Request) -> Response:
        return JSONResponse(document)

    return [
        Route("/health", report),
        Route("/metrics", show_metrics),
        Route("/v1/limits", show_limits),
        Route("/openapi.json", describe),
        Route(HELLO, greet),
    ]


async def not_found(request: Request, error: Exception) -> Response:
    """A path or method that is not served, in the form of the API that it belongs to."""
    if not isinstance(error, HTTPException):
        return await failed(request, error)
    message = f"{request.method} {request.url.path} is not served here; {_instead(error)}"
    refusal = ApiError(error.status_code, message, headers=dict(error.headers or {}))
    below = tuple(f"{path}/" for path in OPENAI_PATHS)  # what these APIs have besides, in their shape
    if f"{request.url.path}/".startswith(below):
        return openai_error_response(refusal, new_request_id())
    return error_response(refusal)


def _instead(error: HTTPException) -> str:
    """What is served: at that path, or else anywhere."""
    if allowed := (error.headers or {}).get("Allow"):
        return f"this path takes {allowed}"
    posts, gets = (MESSAGES_PATHS, CHAT_PATHS, RESPONSES_PATHS), (MODELS_PATHS[0], "/health", "/metrics")
    return "these are: " + ", ".join([*(f"POST {paths[0]}" for paths in posts), *(f"GET {p}" for p in gets)])


async def failed(_: Request, error: Exception) -> Response:
    """An unforeseen failure, in the API's form; the server's log has all of it."""
    return error_response(ApiError(500, f"{type(error).__name__} in towpath; its log says more"))
