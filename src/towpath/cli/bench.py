"""`towpath bench`: flags in, a run, and its report in the form that was asked for."""

import re
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from towpath.bench.cases import Step, select
from towpath.bench.processes import StartError
from towpath.bench.report import DIRECT, TOWPATH, Report
from towpath.bench.run import Options, run_bench
from towpath.bench.tables import markdown, notes, table
from towpath.cli.console import give_up

_INTERRUPTED = 130
_WIDTH_WITHOUT_A_TERMINAL = 140
_ALSO = re.compile(r"([A-Za-z][\w.-]*)=(https?://\S+)")


def bench(
    rounds: int = typer.Option(15, min=1, help="How many times each step is measured."),
    pause: float = typer.Option(
        1.5, min=0, help="Seconds of pause before each measured request, as a person or an agent makes."
    ),
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A step, or the beginning of several names. May be repeated. Default: all."
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL", help="Another Messages API to measure in the same run. May be repeated."
        ),
    ] = None,
    api_port: int = typer.Option(
        0,
        min=0,
        max=65535,
        help="Port of the scripted API, for servers given with --also; 0 takes a free one.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    as_markdown: bool = typer.Option(False, "--markdown", help="Print the table as Markdown."),
) -> None:
    """Measure how much time Towpath adds to the first event of an answer. Needs no account.

    Example: towpath bench --rounds 3 --only resume --only answer
    """
    options = Options(_steps(only or []), rounds, pause, _peers(also or []), api_port)
    try:
        report = _run_with_progress(options)
    except StartError as error:
        give_up(f"{error}.")
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    _print(report, as_json=as_json, as_markdown=as_markdown)
    if report.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if report.has_errors:
        raise typer.Exit(1)


def _steps(names: Sequence[str]) -> list[Step]:
    try:
        return select(names)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from None


def _peers(given: Sequence[str]) -> dict[str, str]:
    peers: dict[str, str] = {}
    for text in given:
        match = _ALSO.fullmatch(text)
        if not match or match[1] in (DIRECT, TOWPATH, *peers):
            raise typer.BadParameter(f"{text!r} is not NAME=URL with a new name", param_hint="--also")
        peers[match[1]] = match[2]
    return peers


def _run_with_progress(options: Options) -> Report:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=options.rounds * len(options.steps))

        def ready(url: str) -> None:
            console.print(f"The scripted API listens at {url}", highlight=False)

        return run_bench(
            options, ready=ready, advance=lambda step: progress.update(task, advance=1, description=step)
        )


def _print(report: Report, *, as_json: bool, as_markdown: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
        return
    if as_markdown:
        typer.echo(markdown(report), nl=False)
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_WITHOUT_A_TERMINAL)
    console.print(table(report))
    for note in notes(report):
        console.print(escape(note), highlight=False)
