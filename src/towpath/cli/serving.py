"""Run the server in the foreground until Ctrl-C."""

import logging
import socket
import sys
from typing import NoReturn

import structlog
import typer
import uvicorn

from towpath import __version__
from towpath.server.app import create_app
from towpath.server.guard import is_loopback
from towpath.settings import Settings

_GRACE_SECONDS = 5


def serve_until_stopped(settings: Settings) -> None:
    """Bind, say where and how to connect, serve. Exits with 1 and a sentence if that is not possible."""
    configure_logging(settings.log_level)
    if not is_loopback(settings.host) and settings.api_key is None:
        _give_up(
            f"{settings.host} can be reached from other machines. Set CLAUDE_PROXY_API_KEY to a key that "
            "clients must send, or use CLAUDE_PROXY_HOST=127.0.0.1. Never share a plan login."
        )
    listener = bind(settings.host, settings.port)
    base_url = f"http://{_url_host(settings.host)}:{listener.getsockname()[1]}"
    typer.echo(f"Towpath {__version__} serves the Anthropic Messages API at {base_url}")
    typer.echo(connection_line(base_url, "opencode"))
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


def connection_line(base_url: str, program: str) -> str:
    """The shell line that runs a client through this server."""
    return f"  ANTHROPIC_API_KEY=dummy ANTHROPIC_BASE_URL={base_url} {program}"


def configure_logging(level: str) -> None:
    """For people on a terminal, JSON lines otherwise; to stderr."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        _give_up(f"CLAUDE_PROXY_LOG_LEVEL: {level!r} is none of debug, info, warning, error")
    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if person else "iso", utc=not person),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING)  # uvicorn's own words: only what went wrong
    # It calls each end of a process a fatal error, also those that the pool decided on; sessions log theirs.
    logging.getLogger("claude_agent_sdk").setLevel(logging.CRITICAL)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; if that is not possible, ends the program with a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # from here on a request waits instead of failing
    except OSError as error:
        _give_up(
            f"Cannot listen on {host}:{port}: {error.strerror}. Stop what holds the port, or choose "
            "another one with --port or CLAUDE_PROXY_PORT."
        )
    return listener


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _give_up(sentence: str) -> NoReturn:
    typer.secho(sentence, err=True, fg="red")
    raise typer.Exit(1)
