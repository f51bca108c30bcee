"""The commands: what this machine is, and words for a person.

The object of Typer's context may be a ``Surroundings``; tests put other platforms there.
"""

import math
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from towpath.cli.console import give_up, own_command
from towpath.cli.flags import settings_from
from towpath.cli.service.changes import install as install_service
from towpath.cli.service.changes import uninstall as uninstall_service
from towpath.cli.service.definition import Place, Service, Step
from towpath.cli.service.environment import carried, environment_file, words_about
from towpath.cli.service.launchd import launchd_service
from towpath.cli.service.steps import Run, ServiceError, run_on_terminal, run_quietly
from towpath.cli.service.systemd import systemd_service

SERVICES = {"Linux": systemd_service, "Darwin": launchd_service}

service = typer.Typer(
    help="Run Towpath in the background: systemd on Linux, launchd on macOS.\n\n"
    "Example: CLAUDE_PROXY_PORT=4000 towpath service install",
    no_args_is_help=True,
)

# What a server needs to end its processes, after its requests have ended: seconds, at most.
_ENDS_WITHIN_SECONDS = 30

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@dataclass(frozen=True)
class Surroundings:
    """The machine, and how its programs are run: to hear what they say, or for the terminal."""

    place: Place
    environment: Mapping[str, str]
    run: Run = run_quietly
    run_on_terminal: Run = run_on_terminal


@service.command()
def install(context: typer.Context, dry_run: DryRun = False) -> None:
    """Write the service's files, show them, and start the service now and at each login. Safe to run again.

    The CLAUDE_PROXY_* variables of this shell become its settings. Secrets are not copied.

    Example: CLAUDE_PROXY_PORT=4000 towpath service install --dry-run
    """
    settings = settings_from({})  # a bad value is refused here, not in a log
    stop_seconds = math.ceil(settings.stop_timeout_seconds) + _ENDS_WITHIN_SECONDS
    around, made = _around(context, stop_seconds)
    found = carried(around.environment, Path.cwd())
    files = [environment_file(around.place, found.values), made.file]
    _attempt(lambda: install_service(made, files, around.run, typer.echo, dry_run=dry_run))
    for words in words_about(around.place, found, made.restart):
        typer.secho(words, fg="yellow")


@service.command()
def uninstall(context: typer.Context, dry_run: DryRun = False) -> None:
    """Stop the service and remove what install wrote, nothing else. Safe to run again.

    Example: towpath service uninstall --dry-run
    """
    around, made = _around(context)
    files = [environment_file(around.place, {}), made.file]
    _attempt(lambda: uninstall_service(made, files, around.place, around.run, typer.echo, dry_run=dry_run))


@service.command()
def status(context: typer.Context, dry_run: DryRun = False) -> None:
    """Show what the service manager says about the service, and exit with its code.

    Example: towpath service status
    """
    around, made = _around(context)
    _show(around, made, made.status, dry_run=dry_run)


@service.command()
def logs(
    context: typer.Context,
    follow: bool = typer.Option(False, "--follow", "-f", help="Keep showing new lines, until Ctrl-C."),
    dry_run: DryRun = False,
) -> None:
    """Show the newest lines of the service's log.

    Example: towpath service logs --follow
    """
    around, made = _around(context)
    _show(around, made, made.follow if follow else made.logs, dry_run=dry_run)


def this_place() -> Place:
    """This machine and its user. Raises ServiceError if the command `towpath` is not where it belongs."""
    program = shutil.which("towpath", path=str(Path(sys.executable).parent))
    if program is None:
        raise ServiceError(f"There is no command towpath beside {sys.executable}. Reinstall Towpath.")
    home = Path.home()
    return Place(
        system=platform.system(),
        home=home,
        xdg_config=Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"),
        config_dir=platformdirs.user_config_path("towpath", appauthor=False),
        program=Path(program),
        python=Path(sys.executable),
        uid=os.getuid(),
    )


def _around(context: typer.Context, stop_seconds: int | None = None) -> tuple[Surroundings, Service]:
    """The surroundings, and the service as this platform has it. Ends the program where it has none."""
    given = context.obj
    try:
        around = given if isinstance(given, Surroundings) else Surroundings(this_place(), os.environ)
        if around.place.system not in SERVICES:
            raise ServiceError(
                f"There is no service for {around.place.system}, only for: {', '.join(SERVICES)}."
            )
        if stop_seconds is not None:
            around = replace(around, place=replace(around.place, stop_seconds=stop_seconds))
        return around, SERVICES[around.place.system](around.place)
    except ServiceError as error:
        give_up(error)


def _show(around: Surroundings, made: Service, step: Step, *, dry_run: bool) -> None:
    """Run a command for the terminal, and end with its exit code."""
    if dry_run:
        typer.echo(f"Would run: {shlex.join(step.argv)}")
        return
    if not Path(made.file.path).exists():
        give_up(f"The service is not installed. Run: {own_command('service install')}")
    probe = around.run(made.probe.argv)
    if probe.code:
        give_up(made.unavailable)
    code = around.run_on_terminal(step.argv).code
    if code:
        raise typer.Exit(code)


def _attempt(change: Callable[[], None]) -> None:
    try:
        change()
    except (ServiceError, OSError) as error:
        give_up(error)
