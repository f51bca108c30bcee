"""Renew the exact versions of all that is installed here: ``uv run python -m scripts.pin``.

It asks the registries for the newest releases that fit what pyproject.toml and the tests of clients ask for,
and writes down every one of them, what they need in turn included, without an address:

- the project and its build: ``[tool.uv]`` in pyproject.toml;
- each Python client: ``tests/clients/pins/<environment>.txt``;
- the clients from npm: ``tests/clients/pins/package-lock.json``, of what package.json beside it names.

So a fresh clone installs next year what it installs today. ``tests/test_pins.py`` sees that nothing is left
out. ``--only claude-agent-sdk`` renews one package of the project and what it cannot do without; all others
stay. Further words go to uv: ``--exclude-newer 2026-11-22`` asks for what was there on that day.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.clients.npm import PINS as NPM_PINS
from tests.clients.python_clients import Environment
from tests.support.pins import PROJECT

UV = os.environ.get("UV", "uv")
OLDEST_PYTHON = "3.11"
# What npm says of a package that no installation needs: half of the file.
NOT_NEEDED = frozenset({"license", "funding", "engines", "deprecated"})


def main(words: Sequence[str]) -> None:
    """Renew all of them, or one."""
    parser = argparse.ArgumentParser(prog="python -m scripts.pin", allow_abbrev=False)
    parser.add_argument("--only", metavar="PACKAGE")
    asked, options = parser.parse_known_args(words)
    if asked.only:
        PROJECT.write_text(_with_newest(PROJECT.read_text(), asked.only, options))
    else:
        _renew_all(options)


def _renew_all(options: Sequence[str]) -> None:
    text = PROJECT.read_text()
    free = with_pins(with_pins(text, "constraint-dependencies", ()), "build-constraint-dependencies", ())
    print("the project", flush=True)
    text = with_pins(text, "constraint-dependencies", _project_pins(free, options))
    build = tomllib.loads(text)["build-system"]["requires"]
    PROJECT.write_text(with_pins(text, "build-constraint-dependencies", _compiled(build, options)))
    # Only now: some clients are of the version that the project has.
    from tests.clients.install import all_environments

    for environment in all_environments():
        print(environment.name, flush=True)
        environment.pins.write_text(_client_pins(environment, options))
    print("npm", flush=True)
    (NPM_PINS / "package-lock.json").write_text(_npm_lock())


def with_pins(project: str, name: str, pins: Sequence[str]) -> str:
    """The text of a pyproject.toml with these pins in the list of this name, one a line."""
    lines = "".join(f"    {json.dumps(pin)},\n" for pin in pins)
    text, count = re.subn(
        rf"^{name} = \[\n.*?^\]$", lambda _: f"{name} = [\n{lines}]", project, flags=re.DOTALL | re.MULTILINE
    )
    if count != 1:
        raise SystemExit(f"pyproject.toml: no list {name} under [tool.uv]")
    return text


def with_version(project: str, package: str, version: str | None) -> str:
    """The text of a pyproject.toml that asks for this version of a package where it asks for an exact one.

    Without a version it asks for any.
    """
    wanted = package if version is None else f"{package}=={version}"
    return re.sub(rf'"{re.escape(package)}==[^"]+"', f'"{wanted}"', project)


def locked_pins(lock: str) -> Iterator[str]:
    """What a uv.lock has from a registry, ``name==version``, in its own order.

    A package that has several versions, each for a part of all machines, says for which.
    """
    for package in tomllib.loads(lock)["package"]:
        if "registry" in package["source"]:
            markers = " or ".join(f"({marker})" for marker in package.get("resolution-markers", ()))
            yield f"{package['name']}=={package['version']}" + (f" ; {markers}" if markers else "")


def _project_pins(project: str, options: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(project)
        _run(UV, "--quiet", "lock", *options, cwd=folder)
        return list(locked_pins((Path(folder) / "uv.lock").read_text()))


def _with_newest(project: str, package: str, options: Sequence[str]) -> str:
    """The text of a pyproject.toml with the newest release of one package.

    uv keeps what an earlier uv.lock has wherever it can, so the lock begins as the pins have it.
    """
    free = with_version(with_pins(project, "constraint-dependencies", ()), package, None)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(project)
        _run(UV, "--quiet", "lock", cwd=folder)
        (Path(folder) / "pyproject.toml").write_text(free)
        _run(UV, "--quiet", "lock", "--upgrade-package", package, *options, cwd=folder)
        pins = list(locked_pins((Path(folder) / "uv.lock").read_text()))
    (version,) = [pin.partition("==")[2] for pin in pins if pin.startswith(f"{package}==")]
    return with_pins(with_version(project, package, version), "constraint-dependencies", pins)


def _client_pins(environment: Environment, options: Sequence[str]) -> str:
    return "".join(f"{pin}\n" for pin in _compiled(environment.packages, options))


def _compiled(packages: Sequence[str], options: Sequence[str]) -> list[str]:
    """Exact versions of packages and of what they need, on all machines."""
    plain = ("--universal", "--no-annotate", "--no-header", "--quiet", "--python-version", OLDEST_PYTHON)
    with tempfile.TemporaryDirectory() as folder:  # not here, where the project's own pins would count
        asked = Path(folder) / "asked.txt"
        asked.write_text("\n".join(packages))
        return _run(UV, "pip", "compile", *plain, *options, str(asked), cwd=folder).splitlines()


def _npm_lock() -> str:
    """A package-lock.json with a package a line, so that a change can be read."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(NPM_PINS / "package.json", folder)
        options = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _run("npm", "install", *options, "--omit-lockfile-registry-resolved", cwd=folder)
        lock: dict[str, Any] = json.loads((Path(folder) / "package-lock.json").read_text())
    packages = {
        path: {key: value for key, value in package.items() if key not in NOT_NEEDED}
        for path, package in lock["packages"].items()
    }
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(package)}" for path, package in packages.items())
    return (
        f'{{"lockfileVersion": {lock["lockfileVersion"]}, "requires": true, "packages": {{\n{lines}\n}}}}\n'
    )


def _run(*command: str, cwd: str) -> str:
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
