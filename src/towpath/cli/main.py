"""The command `towpath`, also installed as `claude-max-proxy`. Without a command it serves."""

import os

import typer
from rich.console import Console
from rich.markup import escape

from towpath import __version__
from towpath.cli.bench import bench
from towpath.cli.demo import run_demo
from towpath.cli.doctor.addresses import shown
from towpath.cli.doctor.command import doctor
from towpath.cli.env import env
from towpath.cli.flags import arguments_from, given_flags, settings_from, with_settings_flags
from towpath.cli.replay import replay
from towpath.cli.serve.command import serve_supervised, serve_until_stopped
from towpath.cli.service.command import service
from towpath.cli.setup.command import setup
from towpath.cli.top.command import top
from towpath.cli.unknown_settings import unknown_settings
from towpath.settings import Settings

app = typer.Typer(
    help="A local server that speaks the Anthropic Messages API and answers from the Claude Agent SDK.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Without a command it serves, as `towpath serve` does."""
    if version:
        typer.echo(f"towpath {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        serve_until_stopped(settings_from({}))


@app.command()
@with_settings_flags
def serve(
    *,
    supervise: bool = typer.Option(
        False, "--supervise", help="Restart the server when it crashes; requests wait meanwhile."
    ),
    **flags: object,
) -> None:
    """Run the server, with your own Claude access.

    Example: towpath serve --port 4000 --supervise
    """
    settings = settings_from(flags)
    if supervise:
        serve_supervised(settings, arguments_from(flags))
    serve_until_stopped(settings)


@app.command()
@with_settings_flags
def settings(**flags: object) -> None:
    """Show every setting: its value, where the value comes from, and what it means.

    Example: CLAUDE_PROXY_PORT=4000 towpath settings
    """
    values = settings_from(flags)
    console = Console()
    for name, field in Settings.model_fields.items():
        source = Settings.source_of(name, given_flags(flags))
        line = f"[bold]{Settings.env_name(name)}[/] = {escape(_in_words(getattr(values, name)))}  ({source})"
        console.print(line, soft_wrap=True)
        console.print(f"    {field.description}", style="dim")
    for sentence in unknown_settings(os.environ):
        console.print(sentence, style="yellow", soft_wrap=True)


def _in_words(value: object) -> str:
    if isinstance(value, str) and ("://" in value or "@" in value):
        return shown(value)
    return " | ".join(value) if isinstance(value, tuple) else str(value)


@app.command()
def demo(
    once: bool = typer.Option(False, "--once", help="Exit after the conversation."),
    port: int = typer.Option(3456, help="Port to serve on; 0 takes a free one."),
) -> None:
    """Play a conversation with tool calls through the real CLI and a scripted API. Needs no account.

    Example: towpath demo --once
    """
    run_demo(port=port, once=once)


app.command()(bench)
app.command()(doctor)
app.command()(env)
app.command()(replay)
app.command()(top)
app.add_typer(setup, name="setup")
app.add_typer(service, name="service")
