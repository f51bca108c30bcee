"""Running the commands of a service manager: the one place that starts a program."""

import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from towpath.cli.service.definition import Step

_BETWEEN_TRIES_SECONDS = 1.0
_NOT_FOUND = 127  # what a shell says
_INTERRUPTED = 130


class ServiceError(Exception):
    """Something that needs a person; its text says what."""


@dataclass(frozen=True)
class Outcome:
    """The exit code of a command, and what it said unless it spoke to the terminal."""

    code: int
    output: str = ""


Run = Callable[[Sequence[str]], Outcome]
Say = Callable[[str], None]


def run_quietly(argv: Sequence[str]) -> Outcome:
    """Run a command to its end and keep what it says. A missing program is an outcome as well."""
    return _run(partial(subprocess.run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT), argv)


def run_on_terminal(argv: Sequence[str]) -> Outcome:
    """Run a command whose words are for the terminal, until it ends or Ctrl-C."""
    return _run(partial(subprocess.run), argv)


def perform(steps: Sequence[Step], run: Run, say: Say, sleep: Callable[[float], None] = time.sleep) -> None:
    """Run the steps in order. Raises ServiceError at the first that fails and must not."""
    for step in steps:
        say(f"$ {shlex.join(step.argv)}")
        outcome = run(step.argv)
        for _ in range(1, step.tries):
            if outcome.code == 0:
                break
            sleep(_BETWEEN_TRIES_SECONDS)
            outcome = run(step.argv)
        if outcome.code and not step.may_fail:
            said = f": {outcome.output}" if outcome.output else ""
            raise ServiceError(
                f"{step.argv[0]} failed with {outcome.code}{said}\n"
                "If the server was started, `towpath service logs` shows what it said."
            )


def _run(program: Callable[..., "subprocess.CompletedProcess[str]"], argv: Sequence[str]) -> Outcome:
    try:
        ran = program(argv, check=False, stdin=subprocess.DEVNULL, text=True, errors="replace")
    except OSError as error:
        return Outcome(_NOT_FOUND, f"{argv[0]}: {error.strerror}")
    except KeyboardInterrupt:
        return Outcome(_INTERRUPTED)
    return Outcome(ran.returncode, (ran.stdout or "").strip())
