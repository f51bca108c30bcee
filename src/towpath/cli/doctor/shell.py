"""Other programs: whether they are there, what they say, and how a person would call them."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

_ANSWERS_WITHIN_SECONDS = 10.0


def is_on_path(program: str, environment: Mapping[str, str]) -> bool:
    return where(program, environment) is not None


def where(program: str, environment: Mapping[str, str]) -> str | None:
    """The full path of a program on the PATH."""
    return shutil.which(program, path=environment.get("PATH"))


def words_of(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a program writes to standard output, stripped. Raises OSError or SubprocessError."""
    ran = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
        env=dict(environment),
        timeout=_ANSWERS_WITHIN_SECONDS,
    )
    return ran.stdout.strip()


def command_line(command: Sequence[str]) -> str:
    """A command as one types it into a shell."""
    return shlex.join(command)
