"""Linux: a user unit of systemd."""

from towpath.cli.service.definition import LINES, File, Place, Service, Step, filled
from towpath.cli.service.steps import ServiceError

UNIT = "towpath.service"
_REFUSED = frozenset("\"'\\\n")

_UNAVAILABLE = (
    "There is no systemd user session here, so systemctl --user does not work (in a container, on a system "
    "without systemd, or in a shell that su opened). Log in as the user whose service it is, or run "
    "`towpath serve` under the service manager that this machine has."
)
_NOTE = (
    "The service runs while you are logged in. To start it with the machine and keep it running:\n"
    "  loginctl enable-linger"
)


def systemd_service(place: Place) -> Service:
    """The unit, in the folder of the user's own units.

    Raises ServiceError if systemd could not run the program.
    """
    text = filled(
        UNIT,
        program=exec_program(str(place.program)),
        environment_file=plain_path(str(place.environment_file)),
        secrets_file=plain_path(str(place.secrets_file)),
        stop_seconds=str(place.stop_seconds),
    )
    enable = _systemctl("enable", UNIT)
    journal = ("journalctl", "--user", f"--unit={UNIT}", f"--lines={LINES}")
    return Service(
        title=f"systemd user unit {UNIT}",
        file=File(place.xdg_config / "systemd" / "user" / UNIT, text),
        probe=_systemctl("show", "--property=Version"),
        unavailable=_UNAVAILABLE,
        load=(_systemctl("daemon-reload"), enable, _systemctl("restart", UNIT)),
        start=(enable, _systemctl("start", UNIT)),
        stop=(_systemctl("disable", "--now", UNIT, may_fail=True),),
        forget=(_systemctl("daemon-reload"), _systemctl("reset-failed", UNIT, may_fail=True)),
        status=_systemctl("status", "--no-pager", "--full", UNIT),
        logs=Step((*journal, "--no-pager")),
        restart=f"systemctl --user restart {UNIT}",
        follow=Step((*journal, "--follow")),
        note=_NOTE,
    )


def exec_program(text: str) -> str:
    """The program of an Exec line: quoted, ``%`` is no specifier; ``$`` is not expanded there.

    Raises ServiceError for what systemd refuses, however it is written.
    """
    if any(character in _REFUSED for character in text):
        raise ServiceError(f"systemd cannot run a program with a quote or backslash in its path: {text}")
    return f'"{plain_path(text)}"'


def plain_path(text: str) -> str:
    """The path of an EnvironmentFile line, which is the rest of the line: quotes would be part of it."""
    return text.replace("%", "%%")


def _systemctl(*words: str, may_fail: bool = False) -> Step:
    return Step(("systemctl", "--user", *words), may_fail=may_fail)
