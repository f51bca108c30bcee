"""macOS: a launch agent of the user."""

from html import escape

from towpath.cli.service.definition import LINES, File, Place, Service, Step, filled
from towpath.python import python_command

LABEL = "local.towpath"

_UNAVAILABLE = (
    "launchd has no session for this user (launchctl is missing, or nobody is logged in at the "
    "screen). Log in on the Mac itself, then run this again."
)
_NOTE = "The service runs while you are logged in at the Mac."


def launchd_service(place: Place) -> Service:
    """The agent, in the folder of the user's own agents."""
    # launchd knows no environment files; the launcher reads them.
    start = python_command("-m", "towpath.cli.service.start", python=str(place.python))
    files = (str(place.environment_file), str(place.secrets_file))
    log = str(place.home / "Library" / "Logs" / "towpath.log")
    text = filled(
        f"{LABEL}.plist",
        label=LABEL,
        arguments="\n".join(f"        <string>{escape(word)}</string>" for word in (*start, *files)),
        home=escape(str(place.home)),
        log=escape(log),
        stop_seconds=str(place.stop_seconds),
    )
    path = place.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    domain = f"gui/{place.uid}"
    target = f"{domain}/{LABEL}"
    enable = Step(("launchctl", "enable", target))
    bootstrap = ("launchctl", "bootstrap", domain, str(path))
    bootout = Step(("launchctl", "bootout", target), may_fail=True)
    return Service(
        title=f"launch agent {LABEL}",
        file=File(path, text),
        probe=Step(("launchctl", "print", domain)),
        unavailable=_UNAVAILABLE,
        # bootout returns before the program has ended, and bootstrap fails until then.
        load=(bootout, enable, Step(bootstrap, tries=10)),
        start=(enable, Step(bootstrap, may_fail=True), Step(("launchctl", "kickstart", target))),
        stop=(bootout,),
        status=Step(("launchctl", "print", target)),
        logs=Step(("tail", "-n", LINES, log)),
        restart=f"launchctl kickstart -k {target}",
        follow=Step(("tail", "-n", LINES, "-F", log)),
        note=_NOTE,
    )
