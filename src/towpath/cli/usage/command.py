"""The command."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import typer
from rich.console import Console

from towpath.cli.console import give_up, own_command
from towpath.cli.flags import settings_from
from towpath.cli.usage.export import as_csv, as_json
from towpath.cli.usage.period import in_words, period_of
from towpath.cli.usage.reading_in import claude_config, read_in
from towpath.cli.usage.table import picture
from towpath.ledger.file import FILE_NAME, open_to_read
from towpath.ledger.prices import Prices, PricesError, load_prices
from towpath.ledger.questions import ALL_BY, By, Period, Sums, sums_by, total
from towpath.ledger.schema import NewerLedgerError
from towpath.settings import Settings


def usage(
    *,
    days: int = typer.Option(1, "--days", min=1, help="The last so many days, today included."),
    since: str | None = typer.Option(
        None, "--since", metavar="DATE", help="All days from this one on (2026-11-01), instead of --days."
    ),
    by: str | None = typer.Option(
        None,
        "--by",
        metavar="|".join(ALL_BY),
        help="What to add up by. Without it: by model for one day, by day for more.",
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    csv: bool = typer.Option(False, "--csv", help="Print CSV."),
    import_: bool = typer.Option(
        False, "--import", help="First add what Claude Code wrote of its own sessions (projects/**/*.jsonl)."
    ),
) -> None:
    """Show what was used, and what the API would charge for it.

    It reads the ledger in the state folder, while a server runs or without one.

    Example: towpath usage --days 30 --by model
    """
    settings, today = settings_from({}), date.today()
    file = settings.state_dir / FILE_NAME
    prices = _prices(settings.prices)
    if import_:
        _import(file)
    period = period_of(today, days, _date(since))
    chosen = _by(by, period)
    groups = _asked(file, chosen, period, prices)
    everything = total(groups)
    if json:
        typer.echo(as_json(chosen, period, groups, everything, prices))
    elif csv:
        typer.echo(as_csv(chosen, groups), nl=False)
    elif not groups:
        typer.echo(f"Nothing was asked {in_words(period, today)}. Try --days 30.")
    else:
        console, title = Console(), f"Usage, {in_words(period, today)}"
        console.print(picture(title, chosen, groups, everything, prices, width=console.width))


def _by(said: str | None, period: Period) -> By:
    if said is None:
        return "model" if period.first == period.last else "day"
    if said not in ALL_BY:
        give_up(f"--by takes one of {', '.join(ALL_BY)}, not {said!r}.", code=2)
    return said


def _prices(own: Path | None) -> Prices:
    try:
        return load_prices(own)
    except PricesError as error:
        give_up(f"{error}. Correct it, or unset {Settings.env_name('prices')}.", code=2)


def _asked(file: Path, by: By, period: Period, prices: Prices) -> list[Sums]:
    if not file.exists():
        first = f"It begins with the first request that `{own_command('serve')}` gets."
        give_up(f"There is no ledger at {file}. {first}")
    try:
        with closing(open_to_read(file)) as db:
            return sums_by(db, by, period, prices)
    except sqlite3.Error as error:
        give_up(f"{file} cannot be read: {error}. A server puts a damaged ledger aside and begins a new one.")


def _import(file: Path) -> None:
    try:
        typer.echo(read_in(file, claude_config(), Console(stderr=True)), err=True)
    except (OSError, sqlite3.Error, NewerLedgerError) as error:
        give_up(f"{file} cannot be written: {error}.")


def _date(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        give_up(f"--since takes a date like 2026-11-01, not {said!r}.", code=2)
