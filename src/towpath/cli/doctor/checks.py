"""The list of checks, in the order in which a person would look."""

from collections.abc import Mapping
from pathlib import Path

from towpath.agent.bundled_cli import cli_path
from towpath.cli.console import own_command
from towpath.cli.doctor import loops, machine, opencode, program
from towpath.cli.doctor.access import access_checks
from towpath.cli.doctor.findings import Check, Finding, skipped
from towpath.cli.doctor.leftovers import leftovers
from towpath.cli.doctor.port import port
from towpath.cli.opencode.config_files import sources
from towpath.settings import Settings


def all_checks(settings: Settings, environment: Mapping[str, str], *, live: bool, sweep: bool) -> list[Check]:
    """The checks for a server with these settings.

    ``live``: the model may be asked. ``sweep``: what earlier versions left is removed.
    """

    def opencode_configuration() -> Finding:
        found = sources(environment, Path.home(), Path.cwd())
        return opencode.configuration(settings, found, environment)

    def model() -> Finding:
        if live:
            from towpath.cli.doctor.upstream import upstream  # loads the SDK

            return upstream(settings)
        return skipped("not asked", f"{own_command('doctor --live')} asks the model for one token")

    return [
        Check("Python", program.python),
        Check("settings", lambda: program.variables(environment)),
        Check("Claude CLI", lambda: program.bundled_cli(cli_path(), environment)),
        Check("login", lambda: program.login(settings, environment)),
        *access_checks(settings, environment, live=live),
        Check("folders and host", lambda: machine.folders_and_host(settings)),
        Check("port", lambda: port(settings)),
        Check("upstream", model),
        Check("OpenCode", lambda: opencode.opencode(environment)),
        Check("OpenCode's configuration", opencode_configuration),
        Check("loops", lambda: loops.loops(settings, environment)),
        Check("stale processes", lambda: machine.stale_processes(settings.state_dir)),
        Check("leftovers", lambda: leftovers(settings.state_dir, environment, sweep=sweep)),
        Check("disk space", lambda: machine.disk_space(settings.state_dir)),
        Check("versions", lambda: program.versions(environment)),
    ]
