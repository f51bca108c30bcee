"""Run the server in the foreground until Ctrl-C."""

import errno
import math
import os
import socket
from collections.abc import Sequence
from functools import partial
from typing import Any

import typer
import uvicorn

from towpath import __version__
from towpath.agent.folders import FolderError, make_private
from towpath.cli.address import url_at
from towpath.cli.console import give_up
from towpath.cli.doctor.addresses import shown
from towpath.cli.listening import holder_of, listener_at
from towpath.cli.logs import configure_logging
from towpath.cli.obstacles import obstacles
from towpath.cli.serve.server import Server
from towpath.cli.serve.supervisor import BAD_SETTINGS, Supervisor, handed_down
from towpath.cli.serve.systemd import watched
from towpath.cli.unknown_settings import unknown_settings
from towpath.python import python_command
from towpath.server.http.arrival import HttpLimits, limited
from towpath.settings import Settings


def serve_until_stopped(settings: Settings) -> None:
    """Bind, serve, and say where and how to connect. Exits with a sentence, and 1 or 2, if it cannot."""
    configure_logging(settings.log_level)
    _refuse_what_cannot_work(settings)
    listener = handed_down() or _bound(settings)
    # Here: it loads the SDK, 1.2 s that no command should take which only shows or changes something.
    from towpath.server.app import create_app
    from towpath.server.own_memory import give_back_large_blocks

    give_back_large_blocks()
    application = create_app(settings)
    config = http_config(watched(application, os.environ), settings)
    when_ready = partial(_welcome, settings, listener.getsockname()[1])
    Server(config, application.state, when_ready).run(sockets=[listener])


def serve_supervised(settings: Settings, arguments: Sequence[str]) -> None:
    """Serve in a process of its own that is started again when it crashes. ``arguments`` are its flags."""
    configure_logging(settings.log_level)
    _refuse_what_cannot_work(settings)
    command = python_command("-m", "towpath", "serve", *arguments)
    raise typer.Exit(Supervisor(command, _bound(settings)).run())


def http_config(application: Any, settings: Settings) -> uvicorn.Config:
    """How uvicorn is to serve an ASGI application."""
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=math.ceil(settings.stop_timeout_seconds),
        server_header=False,
        http=limited(HttpLimits(step_seconds=settings.request_timeout_seconds)),
        ws="none",
    )


def _refuse_what_cannot_work(settings: Settings) -> None:
    """End the program with a sentence for each obstacle. A supervisor does so before it starts a server."""
    found = list(obstacles(settings, os.environ))
    for obstacle in found:
        typer.secho(str(obstacle), err=True, fg="red")
    if found:
        raise typer.Exit(BAD_SETTINGS)
    try:
        make_private(settings.state_dir)
    except FolderError as error:
        give_up(f"{error} Set {Settings.env_name('state_dir')} to a folder of your own.", BAD_SETTINGS)


def _bound(settings: Settings) -> socket.socket:
    """The socket, before the server is loaded: a request that comes meanwhile waits."""
    for sentence in unknown_settings(os.environ):
        typer.secho(sentence, err=True, fg="yellow")
    if settings.upstream and (settings.upstream_base_url or "").rstrip("/") != settings.upstream:
        name = Settings.env_name("upstream_base_url")
        sentence = f"{name}: requests bring the /v1 along, so they go to {shown(settings.upstream)}"
        typer.secho(sentence, err=True, fg="yellow")
    return bind(settings.host, settings.port)


def _welcome(settings: Settings, port: int) -> None:
    base_url = url_at(settings.host, port)
    typer.echo(f"Towpath {__version__} serves the Anthropic Messages API at {base_url}")
    key = "YOUR-KEY" if settings.api_key else "dummy"
    typer.echo(connection_line(base_url, "opencode", key=key))


def connection_line(base_url: str, program: str, *, key: str = "dummy") -> str:
    """The shell line that runs a client through this server. ``key`` is what to say for it, never a key."""
    return f"  ANTHROPIC_API_KEY={key} ANTHROPIC_BASE_URL={base_url} {program}"


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; if that is not possible, ends the program with a sentence."""
    try:
        return listener_at(host, port)
    except OSError as error:
        what = f"Cannot listen on {host}:{port}: {error.strerror}."
        if error.errno == errno.EADDRNOTAVAIL:
            give_up(f"{what} Set CLAUDE_PROXY_HOST to an address of this machine.", BAD_SETTINGS)
        if error.errno == errno.EADDRINUSE:
            what = f"{what} Stop {holder_of(port) or 'what holds the port'}, or choose another port with"
        else:
            what = f"{what} Choose another port with"
        give_up(f"{what} --port or CLAUDE_PROXY_PORT.")
