"""Wiring: settings in, an ASGI application out."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from towpath.agent.bundled_cli import AuthStatus
from towpath.server.components import Parts, assemble
from towpath.server.door import NoWebSockets, OneSpelling
from towpath.server.exchange.events import Publish
from towpath.server.guard import Guard, Rules
from towpath.server.headers import AlwaysHeaders
from towpath.server.memory import forget_when_idle
from towpath.server.routes import OPENAI_PATHS, failed, not_found, routes
from towpath.sessions.folders import remove_run_folder
from towpath.settings import Settings


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    ask_login: Callable[[], Awaitable[AuthStatus | None]] | None = None,
) -> Starlette:
    """The server's application. Its lifespan owns all processes: when it ends, they have ended.

    ``clock`` is Unix time in seconds, to which the limits of an account are reset, and by which the
    prompt cache ages. ``ask_login`` says who is logged in; without it the CLI is asked. Who stops the
    server calls ``state.let_watchers_go`` first: streams of /v1/activity end only then.
    """
    parts = assemble(settings, clock, ask_login)
    application = Starlette(
        routes=[*routes(settings, parts)],
        middleware=_walls(settings, parts.publish),
        exception_handlers={HTTPException: not_found, Exception: failed},
        lifespan=partial(_lifespan, parts, settings.idle_timeout_seconds),
    )
    application.state.let_watchers_go = parts.activity.close
    return application


@contextlib.asynccontextmanager
async def _lifespan(parts: Parts, idle_seconds: float, _: Starlette) -> AsyncIterator[None]:
    watching = parts.pool.watch(), parts.health.watch(), forget_when_idle(parts.memo, idle_seconds)
    watchers = [asyncio.create_task(watch) for watch in watching]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await parts.pool.close()
        if parts.upstream:
            await parts.upstream.close()
        remove_run_folder(parts.folder)
        if parts.recorder:
            await parts.recorder.close()
        if parts.telemetry:
            await asyncio.to_thread(parts.telemetry.close)


def _walls(settings: Settings, publish: Publish) -> list[Middleware]:
    rules = Rules(settings.host, settings.allowed_hosts, settings.allowed_origins, settings.keys)
    walls = [
        Middleware(AlwaysHeaders),
        Middleware(OneSpelling),
        Middleware(Guard, rules, publish),
        Middleware(NoWebSockets, OPENAI_PATHS),
    ]
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
