"""The command: flags in, findings out."""

import os
import sys

import orjson
import typer

from towpath.cli.doctor.checks import all_checks
from towpath.cli.doctor.findings import findings_of
from towpath.cli.doctor.report import COLOURS, Named, as_json, is_ok, lines_of, summary
from towpath.cli.flags import settings_from
from towpath.cli.logs import configure_logging


def doctor(
    live: bool = typer.Option(
        False, "--live", help="Also ask the model for one token, which costs next to nothing."
    ),
    sweep: bool = typer.Option(
        False, "--sweep", help="Also remove files that earlier versions left on the disk."
    ),
    json: bool = typer.Option(False, "--json", help="Print the findings as JSON."),
) -> None:
    """Check all that a request needs, and say what to do about each problem.

    Settings come from the environment. Exits with 1 if there is a problem; warnings do not count.

    Example: CLAUDE_PROXY_PORT=4000 towpath doctor --live
    """
    settings = settings_from({})
    configure_logging("error")  # what a proxy of the live check logs is not a finding
    encoding = sys.stdout.encoding or "ascii"
    found: list[Named] = []
    for name, finding in findings_of(all_checks(settings, dict(os.environ), live=live, sweep=sweep)):
        found.append((name, finding))
        if not json:
            first, *rest = lines_of(name, finding, encoding)
            typer.secho(first, fg=COLOURS[finding.status])
            for line in rest:
                typer.echo(line)
    typer.echo(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2) if json else summary(found))
    if not is_ok(found):
        raise typer.Exit(1)
