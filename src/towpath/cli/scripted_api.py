"""`towpath scripted-api`: the scripted Messages API in a terminal, for programs in any language."""

import contextlib
import threading

import typer

from towpath.cli.console import own_command
from towpath.cli.serve.command import bind
from towpath.testing import ScriptedApi, serve_in_thread

_HOST = "127.0.0.1"


def scripted_api(
    port: int = typer.Option(
        0, min=0, max=65535, metavar="PORT", help="Port to listen on. Default: any free one."
    ),
) -> None:
    """Serve a Messages API whose model does what the newest text says (SAY hello). Needs no account.

    Example: towpath scripted-api --port 4999
    """
    bind(_HOST, port).close()  # says in words that the port is taken
    with contextlib.suppress(KeyboardInterrupt), serve_in_thread(ScriptedApi().app, port=port) as url:
        typer.echo(f"A scripted Messages API listens at {url}. To put it at the far end of Towpath:")
        typer.echo(f"  {own_command('serve')} --upstream-base-url {url} --upstream-api-key scripted")
        threading.Event().wait()
    typer.echo("\nStopped.")
