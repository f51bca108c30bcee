"""`towpath top`: what happens on a server, live."""

import json
import sys
import time
from collections.abc import Iterator

import httpx
import msgspec
import typer
from rich.console import Console, RenderableType
from rich.live import Live

from towpath.cli.address import client_url
from towpath.cli.console import give_up, own_command
from towpath.cli.flags import PORT, settings_from
from towpath.cli.top.keys import q_quits
from towpath.cli.top.picture import picture
from towpath.cli.top.reading import NoActivityError, snapshots
from towpath.server.reports import ActivityReport

_TRY_AGAIN_SECONDS = 1.0
_LINES_ONCE = 60
_KEYS = "q quits"


def top(
    url: str | None = typer.Option(
        None, help="Address of the server. Default: the one in the settings (CLAUDE_PROXY_PORT)."
    ),
    port: str | None = PORT,
    once: bool = typer.Option(
        False, "--once", help="Print one picture and exit. A pipe gets just one as well."
    ),
    as_json: bool = typer.Option(
        False, "--json", help="Print GET /v1/activity as JSON, one line at each change."
    ),
) -> None:
    """Watch a running server: conversations, tokens, plan windows, processes, errors.

    Example: towpath top --once
    """
    settings = settings_from({"port": port})
    address = (url or client_url(settings)).rstrip("/")
    if "://" not in address:
        address = f"http://{address}"
    try:
        coming = snapshots(address, settings.keys)
        first = next(coming)
        if as_json:
            _print_json(first, coming, once=once)
        elif once or not sys.stdout.isatty():
            console = Console()
            console.print(picture(first, first.at, height=_LINES_ONCE, width=console.width))
        else:
            _Screen(address, settings.keys, first).show(coming)
    except NoActivityError as problem:
        give_up(str(problem))
    except (httpx.HTTPError, httpx.InvalidURL, StopIteration):
        give_up(
            f"No server answers at {address}. Start one with `{own_command('serve')}`, or give another "
            "address with --url."
        )
    except KeyboardInterrupt:
        pass


def _print_json(first: ActivityReport, coming: Iterator[ActivityReport], *, once: bool) -> None:
    typer.echo(
        json.dumps(msgspec.to_builtins(first))
    )  # in ASCII: no word of a client's can steer the terminal
    if not once:
        for snapshot in coming:
            typer.echo(json.dumps(msgspec.to_builtins(snapshot)))


class _Screen:
    """The whole terminal, redrawn each second, until q or Ctrl-C. It waits for a server that is gone."""

    def __init__(self, url: str, keys: tuple[str, ...], first: ActivityReport) -> None:
        self._url = url
        self._keys = keys
        self._console = Console()
        self._take(first)

    def show(self, coming: Iterator[ActivityReport]) -> None:
        """Show the first one, then what comes."""
        with (
            q_quits(),
            Live(
                get_renderable=self._picture, console=self._console, refresh_per_second=1, screen=True
            ) as live,
        ):
            while True:
                try:
                    for snapshot in coming:
                        self._take(snapshot)
                        live.refresh()
                except httpx.HTTPError:
                    pass  # told by the note, as is a stream that ended
                self._note = "connection lost; trying again"
                live.refresh()
                time.sleep(_TRY_AGAIN_SECONDS)
                coming = snapshots(self._url, self._keys)

    def _take(self, newest: ActivityReport) -> None:
        self._newest, self._note = newest, ""
        self._ahead_seconds = newest.at - time.time()  # of the server's clock

    def _picture(self) -> RenderableType:
        now, size = time.time() + self._ahead_seconds, self._console.size
        return picture(self._newest, now, height=size.height, width=size.width, note=self._note, keys=_KEYS)
