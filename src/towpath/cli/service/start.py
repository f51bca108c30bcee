"""What launchd and the Task Scheduler start: reads the environment files, then serves.

    python -P -m towpath.cli.service.start [--log FILE] ENVIRONMENT_FILE …

They know no environment files, and the Task Scheduler has no log. systemd needs none of this.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def read_environment(text: str) -> dict[str, str]:
    """The variables of an environment file: ``NAME=value``, quoted as in a shell; ``#`` begins a comment.

    Raises ValueError, with a sentence that shows no value, for what is none.
    """
    values = {}
    for word in shlex.split(text, comments=True):
        name, sign, value = word.partition("=")
        if not sign or not name.isidentifier():
            raise ValueError("an environment file has NAME=value lines; quote values that have spaces")
        values[name] = value
    return values


def main(arguments: Sequence[str]) -> None:
    """Serve with the variables of the files, later ones first; those that are missing say nothing."""
    parser = argparse.ArgumentParser(prog="towpath.cli.service.start")
    parser.add_argument("--log", type=Path, help="the file that gets what the server writes")
    parser.add_argument("files", type=Path, nargs="*", help="environment files")
    given = parser.parse_args(arguments)
    if given.log:
        given.log.parent.mkdir(parents=True, exist_ok=True)
        sys.stdout = sys.stderr = given.log.open("a", encoding="utf-8", buffering=1)
    for file in given.files:
        if file.is_file():
            os.environ.update(read_environment(file.read_text("utf-8")))

    from towpath.cli.main import app  # reads the environment

    app(["serve"])


if __name__ == "__main__":
    main(sys.argv[1:])
