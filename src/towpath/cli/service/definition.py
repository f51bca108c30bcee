"""A service as a value: the file that describes it, and the commands of the platform's own tool.

``systemd`` and ``launchd`` make one for their platform; ``changes`` carries it out. So each platform's
files and commands can be seen on the other.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from string import Template

MARK = "Written by `towpath service install`"
LINES = "100"


@dataclass(frozen=True)
class Place:
    """The machine and the user: all that a definition depends on.

    ``config_dir`` is Towpath's own, ``xdg_config`` that of all programs (systemd looks below it).
    ``program`` is the command `towpath`, ``python`` the interpreter that has it installed.
    ``stop_seconds`` is how long the server may take to end before it is killed.
    """

    system: str
    home: PurePath
    xdg_config: PurePath
    config_dir: PurePath
    program: PurePath
    python: PurePath
    uid: int
    stop_seconds: int = 60

    @property
    def environment_file(self) -> PurePath:
        """The settings, written by install."""
        return self.config_dir / "service.env"

    @property
    def secrets_file(self) -> PurePath:
        """The user's own file, for keys: read if it is there, never written and never removed."""
        return self.config_dir / "secrets.env"


@dataclass(frozen=True)
class File:
    """A file to write, and who may read it."""

    path: PurePath
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Step:
    """A command to run. ``may_fail``: there may be nothing to stop. ``tries``: how often, 1 s apart."""

    argv: tuple[str, ...]
    may_fail: bool = False
    tries: int = 1


@dataclass(frozen=True)
class Service:
    """What there is to do, in order, for each of the commands.

    ``probe`` succeeds where the platform's tool can be used; else ``unavailable`` says why not.
    ``load`` is run when a file has changed, ``start`` when none has; ``stop`` before the files are
    removed, ``forget`` after it. ``restart`` is for a person who changed a file of their own.
    """

    title: str
    file: File
    probe: Step
    unavailable: str
    load: tuple[Step, ...]
    start: tuple[Step, ...]
    stop: tuple[Step, ...]
    status: Step
    logs: Step
    restart: str
    follow: Step
    forget: tuple[Step, ...] = ()
    note: str = ""


def filled(template: str, **values: str) -> str:
    """A template of this package with its ``$names`` filled in; the values are quoted already."""
    text = resources.files(__package__).joinpath("templates", template).read_text("utf-8")
    return Template(text).substitute(mark=MARK, **values)
