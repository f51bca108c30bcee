"""How a Python of Towpath's own is started."""

import sys
from collections.abc import Sequence


def python_command(*arguments: str, python: str = sys.executable) -> Sequence[str]:
    """The command line of a Python that finds modules where they are installed, never in its current folder.

    ``-m`` and ``-c`` would look there first, and that folder may be somebody's project: a ``towpath.py`` in
    it would run. A flag and not PYTHONSAFEPATH: commands of the model inherit the environment, and a
    project's own ``python -m pytest`` needs its folder.
    """
    return [python, "-P", *arguments]
