"""What launchd starts, which knows no environment files: reads them, then serves. systemd does without.

python -P -m towpath.cli.service.start ENVIRONMENT_FILE …
"""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def read_environment(text: str) -> dict[str, str]:
    """The variables of an environment file: ``NAME=value``, quoted as in a shell; ``#`` begins a comment.

    Raises ValueError, with a sentence that shows no value, for anything else.
    """
    values = {}
    for word in shlex.split(text, comments=True):
        name, sign, value = word.partition("=")
        if not sign or not name.isidentifier():
            raise ValueError("an environment file has NAME=value lines; quote values that have spaces")
        values[name] = value
    return values


def main(files: Sequence[Path]) -> None:
    """Serve with the variables of the files, later ones first; those that are missing say nothing."""
    for file in files:
        if file.is_file():
            os.environ.update(read_environment(file.read_text("utf-8")))

    from towpath.cli.main import app  # reads the environment

    app(["serve"])


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
