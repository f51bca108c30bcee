"""Wiring: settings in, an ASGI application out."""

import asyncio
import contextlib
import itertools
import os
import shutil
import time
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from towpath import __version__
from towpath.agent.additions import AdditionStore
from towpath.agent.cli import auth_status
from towpath.agent.options import Upstream
from towpath.agent.process import AgentProcess
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.server.errors import error_response
from towpath.server.guard import Guard
from towpath.server.health import Health
from towpath.server.messages import MessagesEndpoint
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher
from towpath.sessions.folders import empty_folder, run_folder
from towpath.sessions.plan import MIB, Limits
from towpath.sessions.pool import Pool
from towpath.settings import Settings

# Clients differ in whether the base URL ends in /v1; a user who mixes them up is still understood.
MESSAGES_PATHS = ("/v1/messages", "/messages", "/v1/v1/messages")


def create_app(settings: Settings) -> Starlette:
    """The server's application. Its lifespan owns all processes: when it ends, they have ended."""
    upstream = _upstream(settings)
    folder = run_folder(settings.state_dir)
    numbers = itertools.count(1)

    def new_process(launch: Launch) -> AgentProcess:
        seconds = settings.start_timeout_seconds
        return AgentProcess(launch, folder / str(next(numbers)), upstream, start_timeout_seconds=seconds)

    limits = Limits(
        idle_seconds=settings.idle_timeout_seconds,
        parked_seconds=settings.parked_timeout_seconds,
        memory_bytes=settings.memory_budget_mb * MIB,
        spares=settings.spares,
    )
    pool = Pool(new_process, AdditionStore(settings.state_dir / "additions"), limits, time.monotonic)
    admission = Admission(running=settings.max_concurrent, waiting=settings.max_waiting)
    health = Health(pool, admission, lambda: auth_status({**os.environ, **upstream}))
    endpoint = MessagesEndpoint(settings, Dispatcher(pool), admission, empty_folder(settings.state_dir))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watchers = [asyncio.create_task(pool.watch()), asyncio.create_task(health.watch())]
        try:
            yield
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            await pool.close()
            shutil.rmtree(folder, ignore_errors=True)

    async def report(_: Request) -> Response:
        return JSONResponse(health.report())

    key = settings.api_key.get_secret_value() if settings.api_key else None
    return Starlette(
        routes=[
            *(Route(path, endpoint, methods=["POST"]) for path in MESSAGES_PATHS),
            Route("/health", report),
            Route("/", _greeting),
        ],
        middleware=[Middleware(Guard, host=settings.host, api_key=key)],
        exception_handlers={HTTPException: _not_found},
        lifespan=lifespan,
    )


def _upstream(settings: Settings) -> dict[str, str]:
    key = settings.upstream_api_key
    upstream = Upstream(settings.upstream_base_url, key.get_secret_value() if key else None)
    return upstream.environment(os.environ)


async def _greeting(_: Request) -> Response:
    return PlainTextResponse(f"Towpath {__version__} speaks the Anthropic Messages API at /v1/messages.\n")


async def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    known = ", ".join((*MESSAGES_PATHS[:1], "/health"))
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    message = f"{request.method} {request.url.path} is not served here; there are {known}"
    return error_response(ApiError(status, message, type=kind))
