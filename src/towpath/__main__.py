"""The command `towpath`, also as ``python -m towpath``."""

import sys


def run() -> None:
    """Run the command, on a system that it is made for."""
    if sys.platform == "win32":  # before anything is imported that is not there
        sys.exit("Towpath runs on Linux and macOS. On Windows, install it in a Linux of WSL.")
    from towpath.cli.main import app

    app()


if __name__ == "__main__":
    run()
