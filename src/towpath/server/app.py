"""Wiring: settings in, an ASGI application out."""

import asyncio
import contextlib
import itertools
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from towpath import __version__
from towpath.agent.additions import AdditionStore
from towpath.agent.catalog import model_entries
from towpath.agent.cli import auth_status
from towpath.agent.internal import InternalLimits, InternalProcess
from towpath.agent.limits import OnVerdict
from towpath.agent.options import Upstream
from towpath.agent.passthrough import PassthroughProcess
from towpath.agent.process import AgentProcess
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.memo import MessageMemo
from towpath.core.mode import Mode
from towpath.server.activity import Activity
from towpath.server.chat import ChatDoor
from towpath.server.count import CountEndpoint, EstimatedCount, ExactCount, count_routes
from towpath.server.errors import error_response
from towpath.server.exchanges import Exchanges
from towpath.server.guard import Guard, Rules, is_loopback
from towpath.server.health import Health
from towpath.server.limits import KnownLimits
from towpath.server.looking import ActivityStream, looking_routes
from towpath.server.messages import MessagesEndpoint
from towpath.server.metrics import CONTENT_TYPE, Metrics
from towpath.server.models import Models
from towpath.server.openai import OpenAIEndpoint
from towpath.server.openapi import openapi_document
from towpath.server.reading import Reading
from towpath.server.record import write_line
from towpath.server.relay import Relay, relay_routes
from towpath.server.responses import ResponsesDoor
from towpath.server.telemetry import Telemetry
from towpath.server.upstream import UpstreamApi, operators_upstream
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher
from towpath.sessions.folders import empty_folder, run_folder
from towpath.sessions.plan import MIB, Limits
from towpath.sessions.pool import Pool
from towpath.sessions.stalls import Patience
from towpath.settings import Settings

# Clients differ in whether the base URL ends in /v1; a user who mixes them up is still understood.
MESSAGES_PATHS = ("/v1/messages", "/messages", "/v1/v1/messages")
CHAT_PATHS = ("/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions")
RESPONSES_PATHS = ("/v1/responses", "/responses", "/v1/v1/responses")
MODELS_PATHS = ("/v1/models", "/models", "/v1/v1/models")


def create_app(settings: Settings, *, clock: Callable[[], float] = time.time) -> Starlette:
    """The server's application. Its lifespan owns all processes: when it ends, they have ended.

    ``clock`` is Unix time in seconds, to which the limits of an account are reset, and by which the
    prompt cache ages. Who stops it calls ``state.let_watchers_go`` first: streams of /v1/activity end
    only then.
    """
    upstream = _upstream(settings)
    folder, nowhere = run_folder(settings.state_dir), empty_folder(settings.state_dir)
    limits = KnownLimits(clock, no_extra_usage=settings.no_extra_usage)
    pool = Pool(
        _process_maker(settings, folder, upstream, limits.hear),
        AdditionStore(settings.state_dir / "additions"),
        _limits(settings),
        time.monotonic,
        patience=Patience(settings.first_event_timeout_seconds, settings.stall_timeout_seconds),
    )
    admission = Admission(running=settings.max_concurrent, waiting=settings.max_waiting)
    health = Health(
        pool,
        admission,
        settings.mode,
        is_shared=not is_loopback(settings.host),
        ask=lambda: auth_status({**os.environ, **upstream}),
    )
    memo, reading = MessageMemo(), Reading()
    metrics, telemetry = Metrics(pool, admission, memo, limits), Telemetry.wanted(os.environ)
    activity = Activity(pool, health, shows_content=settings.show_content, limits=limits.report)
    exchanges = Exchanges(
        settings,
        Dispatcher(pool),
        admission,
        nowhere,
        memo,
        limits,
        reading,
        observers=[write_line, metrics.observe, *([telemetry.observe] if telemetry else [])],
        activity=activity,
        clock=clock,
    )

    messages = MessagesEndpoint(settings, exchanges)
    chat = OpenAIEndpoint(settings, exchanges, ChatDoor)
    responses = OpenAIEndpoint(settings, exchanges, ResponsesDoor)
    models = Models(partial(model_entries, upstream, nowhere))
    own_upstream = operators_upstream(settings)
    estimate = EstimatedCount(folder, nowhere, upstream, settings.start_timeout_seconds)

    application = Starlette(
        routes=[
            *(Route(path, messages, methods=["POST"]) for path in MESSAGES_PATHS),
            *_upstream_routes(settings, own_upstream, estimate, models, memo, reading),
            *(Route(path, chat, methods=["POST"]) for path in CHAT_PATHS),
            *(Route(path, responses, methods=["POST"]) for path in RESPONSES_PATHS),
            *(Route(path, models.list) for path in MODELS_PATHS),
            *(Route(f"{path}/{{model_id:path}}", models.one) for path in MODELS_PATHS),
            *_reports(health, metrics, limits),
            *_looking(settings, activity),
        ],
        middleware=_walls(settings),
        exception_handlers={HTTPException: _not_found, Exception: _failed},
        lifespan=partial(_lifespan, pool, health, telemetry, own_upstream, folder),
    )
    application.state.let_watchers_go = activity.close
    return application


def _upstream_routes(
    settings: Settings,
    upstream: UpstreamApi | None,
    estimate: EstimatedCount,
    models: Models,
    memo: MessageMemo,
    reading: Reading,
) -> list[Route]:
    """What the proxy itself asks the operator's upstream."""
    count = ExactCount(upstream, models.id_of) if upstream else estimate
    counting = CountEndpoint(settings, count, memo, reading)
    relay = Relay(upstream, settings.client_timeout_seconds)
    return [*count_routes(MESSAGES_PATHS, counting), *relay_routes(MESSAGES_PATHS, relay)]


def _reports(health: Health, metrics: Metrics, limits: KnownLimits) -> list[Route]:
    """What the server says of itself."""
    document = openapi_document(__version__)

    async def report(request: Request) -> Response:
        return JSONResponse(health.report() if request.state.has_key else {"status": "ok"})

    async def show_metrics(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    async def show_limits(_: Request) -> Response:
        return JSONResponse(limits.report())

    async def describe(_: Request) -> Response:
        return JSONResponse(document)

    return [
        Route("/health", report),
        Route("/metrics", show_metrics),
        Route("/v1/limits", show_limits),
        Route("/openapi.json", describe),
    ]


@contextlib.asynccontextmanager
async def _lifespan(
    pool: Pool,
    health: Health,
    telemetry: Telemetry | None,
    own_upstream: UpstreamApi | None,
    folder: Path,
    _: Starlette,
) -> AsyncIterator[None]:
    watchers = [asyncio.create_task(pool.watch()), asyncio.create_task(health.watch())]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await pool.close()
        if own_upstream:
            await own_upstream.close()
        shutil.rmtree(folder, ignore_errors=True)
        if telemetry:
            await asyncio.to_thread(telemetry.close)


def _process_maker(
    settings: Settings, folder: Path, upstream: Mapping[str, str], on_verdict: OnVerdict
) -> Callable[[Launch], AgentProcess]:
    numbers, internal = itertools.count(1), _internal_limits(settings)
    seconds = settings.start_timeout_seconds

    def new_process(launch: Launch) -> AgentProcess:
        own = folder / str(next(numbers))
        if launch.mode is Mode.INTERNAL:
            return InternalProcess(
                launch, own, upstream, internal, start_timeout_seconds=seconds, on_verdict=on_verdict
            )
        return PassthroughProcess(launch, own, upstream, start_timeout_seconds=seconds, on_verdict=on_verdict)

    return new_process


def _walls(settings: Settings) -> list[Middleware]:
    rules = Rules(settings.host, settings.allowed_hosts, settings.allowed_origins, settings.keys)
    walls = [Middleware(Guard, rules)]
    if settings.allowed_origins:
        walls.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["*"],
                expose_headers=["*"],
            )
        )
    return walls


def _limits(settings: Settings) -> Limits:
    return Limits(
        idle_seconds=settings.idle_timeout_seconds,
        parked_seconds=settings.parked_timeout_seconds,
        memory_bytes=settings.memory_budget_mb * MIB,
        spares=settings.spares,
    )


def _upstream(settings: Settings) -> dict[str, str]:
    key = settings.upstream_api_key
    upstream = Upstream(settings.upstream_base_url, key.get_secret_value() if key else None)
    return upstream.environment(os.environ)


def _internal_limits(settings: Settings) -> InternalLimits:
    # A command may print its environment, and the model reads what it prints.
    secret = ("ANTHROPIC_", "CLAUDE_")
    return InternalLimits(
        environment={name: value for name, value in os.environ.items() if not name.startswith(secret)},
        allow_bash=settings.allow_bash,
        max_turns=settings.max_turns,
        shows_tools=settings.show_tools,
        shows_changes=settings.file_changes,
    )


def _looking(settings: Settings, activity: Activity) -> list[Route]:
    stream = ActivityStream(
        activity, ping_seconds=settings.ping_seconds, client_seconds=settings.client_timeout_seconds
    )
    return looking_routes(activity, stream, needs_key=bool(settings.keys))


async def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    served = (MESSAGES_PATHS[0], CHAT_PATHS[0], RESPONSES_PATHS[0], MODELS_PATHS[0], "/health", "/metrics")
    known = ", ".join(served)
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    message = f"{request.method} {request.url.path} is not served here; there are {known}"
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return error_response(ApiError(status, message, type=kind, headers=headers))


async def _failed(_: Request, error: Exception) -> Response:
    """What nobody foresaw, in the API's form; the server's log has it in full."""
    return error_response(ApiError(500, f"{type(error).__name__} in towpath; its log says more"))
