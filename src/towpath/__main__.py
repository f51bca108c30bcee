"""``python -m towpath``: the command, where its own file is not on the PATH."""

from towpath.cli.main import app

app()
