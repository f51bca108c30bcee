"""Installs the clients of each run (``python -m tests.clients.install``), so that CI need not wait for them.

The tests install what is missing.
"""

import os
from collections.abc import Iterable
from types import ModuleType

from tests.clients import npm
from tests.clients.listed import all_modules, is_nightly
from tests.clients.python_clients import Environment


def all_environments() -> list[Environment]:
    """The virtual environments of all clients from PyPI."""
    return _environments_of(all_modules())


def daily_environments() -> list[Environment]:
    """Those that are not for the night."""
    return _environments_of(module for module in all_modules() if not is_nightly(module))


def _environments_of(modules: Iterable[ModuleType]) -> list[Environment]:
    values = [value for module in modules for value in vars(module).values()]
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(one for one in found if isinstance(one, Environment)))


if __name__ == "__main__":
    npm.installed(os.environ)
    for environment in daily_environments():
        environment.program("python")
