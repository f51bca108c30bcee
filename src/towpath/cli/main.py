"""The command `towpath`, also installed as `claude-max-proxy`. Imports no command: ``commands`` does."""

import typer

from towpath import __version__
from towpath.cli.commands import Commands

app = typer.Typer(
    cls=Commands,
    help="A local server that speaks the Anthropic Messages API and answers from the Claude Agent SDK.\n\n"
    "Without a command it serves: `towpath --port 4000` is `towpath serve --port 4000`.",
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def main(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """What `towpath` itself is asked, before any command."""
    if version:
        typer.echo(f"towpath {__version__}")
        raise typer.Exit
