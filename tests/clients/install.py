"""Installs the clients of a run (``python -m tests.clients.install``), so that CI need not wait for them.

There are two lists: of each run, and what only the nightly profile has. The tests install what is missing.
"""

import os
from collections.abc import Iterable
from types import ModuleType

from tests.clients import npm
from tests.clients.listed import all_modules, is_nightly
from tests.clients.python_clients import Environment
from tests.support.profiles import IS_NIGHTLY


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
    for packages in [npm.DAILY, npm.NIGHTLY] if IS_NIGHTLY else [npm.DAILY]:
        npm.installed(os.environ, packages)
    for environment in all_environments() if IS_NIGHTLY else daily_environments():
        environment.program("python")
