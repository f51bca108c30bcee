"""Wiring: settings in, an ASGI application out."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware

from towpath.agent.bundled_cli import AuthStatus
from towpath.agent.folders import remove_run_folder
from towpath.server.access_choice import AccessInPath, KnownAccess
from towpath.server.components import Components, assemble
from towpath.server.cors import Cors
from towpath.server.guard import Guard, Rules
from towpath.server.headers import AlwaysHeaders
from towpath.server.middleware import NoLoops, NoWebSockets, OneSpelling
from towpath.server.own_memory import forget_when_idle
from towpath.server.processes import MakesProcesses, ProcessMaker
from towpath.server.routes import OPENAI_PATHS, failed, not_found, routes
from towpath.settings import Settings


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    ask_login: Callable[[], Awaitable[AuthStatus | None]] | None = None,
    process_maker: MakesProcesses = ProcessMaker,
) -> Starlette:
    """The server's application. Its lifespan owns all processes: when it ends, they have ended.

    ``clock`` is Unix time in seconds; the limits of an account are reset, and the prompt cache ages, by it.
    ``ask_login`` says who is logged in; without it the CLI is asked. ``process_maker`` makes what makes the
    processes. Call ``state.let_watchers_go`` before
    stopping the server: only then do streams of /v1/activity end. ``state.unfinished_answers`` says how many
    answers are not at their end.
    """
    components = assemble(settings, clock, ask_login, process_maker)
    application = Starlette(
        routes=[*routes(settings, components)],
        middleware=_middleware(settings, components),
        exception_handlers={HTTPException: not_found},
        lifespan=partial(_lifespan, components, settings.idle_timeout_seconds),
    )
    application.state.let_watchers_go = components.activity.close
    application.state.unfinished_answers = lambda: components.exchanges.unfinished
    return application


@contextlib.asynccontextmanager
async def _lifespan(components: Components, idle_seconds: float, _: Starlette) -> AsyncIterator[None]:
    watching = (
        components.pool.watch(),
        components.health.watch(),
        forget_when_idle(components.memo, idle_seconds),
    )
    watchers = [asyncio.create_task(watch) for watch in watching]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await components.pool.close()
        for access in components.accesses.values():
            if access.upstream:
                await access.upstream.close()
        remove_run_folder(components.folder)
        if components.recorder:
            await components.recorder.close()
        await asyncio.to_thread(components.bookkeeper.close)
        if components.telemetry:
            await asyncio.to_thread(components.telemetry.close)


def _middleware(settings: Settings, components: Components) -> list[Middleware]:
    rules = Rules(settings.host, settings.allowed_hosts, settings.allowed_origins, settings.keys)
    cors = Middleware(
        Cors,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=["*"],
    )
    return [
        Middleware(AlwaysHeaders),
        *([cors] if settings.allowed_origins else []),
        # Starlette's own is outside of all middleware: its answers would lack what these add.
        Middleware(ServerErrorMiddleware, failed),
        Middleware(OneSpelling),
        Middleware(AccessInPath),
        Middleware(Guard, rules, components.publish),
        Middleware(KnownAccess, components.accesses.keys(), OPENAI_PATHS, components.publish),
        Middleware(NoLoops, components.processes.has_made, components.mark, components.publish),
        Middleware(NoWebSockets, OPENAI_PATHS),
    ]
