"""Installs the clients of each run (``python -m tests.clients.install``), so that CI need not wait for them.

The tests install by themselves what is missing.
"""

import os
from collections.abc import Iterator
from typing import Any

from tests.clients import npm
from tests.clients.listed import is_nightly, modules
from tests.clients.python_clients import Environment


def environments() -> Iterator[Environment]:
    """The virtual environments of clients from PyPI that are not for the night."""
    for module in modules():
        if not is_nightly(module):
            yield from _environments_of(module)


def _environments_of(module: Any) -> Iterator[Environment]:
    for value in vars(module).values():
        found = value if isinstance(value, list) else [value]
        yield from (environment for environment in found if isinstance(environment, Environment))


if __name__ == "__main__":
    npm.installed(os.environ)
    for environment in environments():
        environment.program("python")
