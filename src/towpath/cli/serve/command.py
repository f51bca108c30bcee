"""Run the server in the foreground until Ctrl-C."""

import contextlib
import math
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import typer
import uvicorn

from towpath import __version__
from towpath.agent.folders import FolderError, make_private
from towpath.cli.address import url_at
from towpath.cli.console import give_up
from towpath.cli.listening import holder_of, listener_at
from towpath.cli.logs import configure_logging
from towpath.cli.serve.supervisor import BAD_SETTINGS, Supervisor, handed_down
from towpath.cli.serve.systemd import watched
from towpath.cli.unknown_settings import unknown_settings
from towpath.python import python_command
from towpath.server.http.arrival import HttpLimits, limited
from towpath.server.loopback import is_loopback
from towpath.settings import Settings


def serve_until_stopped(settings: Settings) -> None:
    """Bind, say where and how to connect, serve. Exits with a sentence, and 1 or 2, if it cannot."""
    configure_logging(settings.log_level)
    _make_private(settings.state_dir)
    listener = handed_down() or _bound(settings)
    # Here: it loads the SDK, 1.2 s that no command should take which only shows or changes something.
    from towpath.server.app import create_app
    from towpath.server.memory import give_back_large_blocks

    give_back_large_blocks()
    application = create_app(settings)
    config = http_config(watched(application, os.environ), settings)
    _Server(config, before_stop=application.state.let_watchers_go).run(sockets=[listener])


def serve_supervised(settings: Settings, arguments: Sequence[str]) -> None:
    """Serve in a process of its own that is started again when it crashes. ``arguments`` are its flags."""
    configure_logging(settings.log_level)
    _make_private(settings.state_dir)
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


class _Server(uvicorn.Server):
    """Stops at the first signal when what runs has finished, at the second one at once."""

    def __init__(self, config: uvicorn.Config, before_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_stop = before_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_stop()
        await super().shutdown(sockets)
        if self.force_exit:  # a CLI in a model call does not notice that nobody is there any more
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.terminate()


def _bound(settings: Settings) -> socket.socket:
    if not is_loopback(settings.host) and settings.api_key is None:
        give_up(
            f"{settings.host} can be reached from other machines. Set CLAUDE_PROXY_API_KEY to a key that "
            "clients must send, or use CLAUDE_PROXY_HOST=127.0.0.1. Never share a plan login."
        )
    for sentence in unknown_settings(os.environ):
        typer.secho(sentence, err=True, fg="yellow")
    listener = bind(settings.host, settings.port)
    base_url = url_at(settings.host, listener.getsockname()[1])
    typer.echo(f"Towpath {__version__} serves the Anthropic Messages API at {base_url}")
    key = "YOUR-KEY" if settings.api_key else "dummy"
    typer.echo(connection_line(base_url, "opencode", key=key))
    return listener


def connection_line(base_url: str, program: str, *, key: str = "dummy") -> str:
    """The shell line that runs a client through this server. ``key`` is what to say for it, never a key."""
    return f"  ANTHROPIC_API_KEY={key} ANTHROPIC_BASE_URL={base_url} {program}"


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; if that is not possible, ends the program with a sentence."""
    try:
        return listener_at(host, port)
    except OSError as error:
        holder = holder_of(port) or "what holds the port"
        give_up(
            f"Cannot listen on {host}:{port}: {error.strerror}. Stop {holder}, or choose another port with "
            "--port or CLAUDE_PROXY_PORT."
        )


def _make_private(state_dir: Path) -> None:
    try:
        make_private(state_dir)
    except FolderError as error:
        name = Settings.env_name("state_dir")
        give_up(f"{error} Set {name} to a folder of your own.", BAD_SETTINGS)
