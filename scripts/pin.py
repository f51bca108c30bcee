"""Renew the exact versions of all that is installed here: ``uv run python -m scripts.pin``.

It asks the registries for the newest releases that fit what pyproject.toml and the tests of clients ask for,
and writes down every one of them, what they need in turn included, without an address:

- the project and its build: ``[tool.uv]`` in pyproject.toml;
- each Python client: ``tests/clients/pins/<environment>.txt``;
- the clients from npm: ``tests/clients/pins/package-lock.json``, of what package.json beside it names, and
  in ``pins/nightly`` the same for those of the nightly profile.

So a fresh clone installs next year what it installs today. ``tests/test_pins.py`` sees that nothing is left
out. ``--only claude-agent-sdk`` renews one package and what it cannot do without, wherever it is asked for,
and ``--only npm:cline`` one from npm; all others stay. Further words go to uv: ``--exclude-newer 2026-11-22``
asks for what was there on that day.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from scripts.pin_texts import locked_pins, npm_lock_text, pinned_in, version_in, with_pins, with_version
from tests.clients.npm import DAILY, NIGHTLY, PINS, Packages
from tests.clients.python_clients import Environment
from tests.support.pins import PROJECT

UV = os.environ.get("UV", "uv")
OLDEST_PYTHON = "3.11"
NPM = "npm:"
CLIENTS = PINS.parent


def main(words: Sequence[str]) -> None:
    """Renew all of them, or one."""
    parser = argparse.ArgumentParser(prog="python -m scripts.pin", allow_abbrev=False)
    parser.add_argument("--only", metavar="PACKAGE", default="")
    asked, options = parser.parse_known_args(words)
    if asked.only.startswith(NPM):
        name = asked.only.removeprefix(NPM)
        for packages in (one for one in (DAILY, NIGHTLY) if name in one.versions):
            _write_npm_pins(packages, f"{name}@latest")
    elif asked.only:
        _renew_one(asked.only, options)
    else:
        _renew_all(options)


def _renew_all(options: Sequence[str]) -> None:
    text = PROJECT.read_text()
    free = with_pins(with_pins(text, "constraint-dependencies", ()), "build-constraint-dependencies", ())
    print("the project", flush=True)
    text = with_pins(text, "constraint-dependencies", _project_pins(free, options))
    build = tomllib.loads(text)["build-system"]["requires"]
    PROJECT.write_text(with_pins(text, "build-constraint-dependencies", _compiled(build, options)))
    for environment in _environments():
        print(environment.name, flush=True)
        _write(environment, _compiled(environment.packages, options))
    print("npm", flush=True)
    for packages in (DAILY, NIGHTLY):
        _write_npm_pins(packages)


def _environments() -> list[Environment]:
    """Those of the clients; after the project's pins are written, because some are of its version."""
    from tests.clients.install import all_environments

    return all_environments()


def _renew_one(package: str, options: Sequence[str]) -> None:
    project = PROJECT.read_text()
    if version_in(project, package):
        PROJECT.write_text(_with_newest(project, package, options))
    sources = [path for path in CLIENTS.glob("*.py") if version_in(path.read_text(), package)]
    for environment in _environments():
        old = environment.pins.read_text().splitlines()
        asked = [f'"{one}"' for one in environment.packages]
        wanted = {version for one in asked if (version := version_in(one, package))}
        if wanted and sources:
            free = [with_version(one, package, None).strip('"') for one in asked]
            pins = _compiled(free, ("--upgrade-package", package, *options), known=old)
            for path in sources:
                path.write_text(with_version(path.read_text(), package, pinned_in(pins, package)))
            _write(environment, pins)
        elif wanted and wanted != {pinned_in(old, package)}:  # it follows the project's version
            _write(environment, _compiled(environment.packages, options, known=old))


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
    return with_pins(
        with_version(project, package, pinned_in(pins, package)), "constraint-dependencies", pins
    )


def _project_pins(project: str, options: Sequence[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(project)
        _run(UV, "--quiet", "lock", *options, cwd=folder)
        return list(locked_pins((Path(folder) / "uv.lock").read_text()))


def _write(environment: Environment, pins: Sequence[str]) -> None:
    environment.pins.write_text("".join(f"{pin}\n" for pin in pins))


def _compiled(packages: Sequence[str], options: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """Exact versions of packages and of what they need, on all machines; those of ``known`` that fit stay."""
    plain = ("--universal", "--no-annotate", "--no-header", "--quiet", "--python-version", OLDEST_PYTHON)
    with tempfile.TemporaryDirectory() as folder:  # not here, where the project's own pins would count
        asked, pins = Path(folder) / "asked.txt", Path(folder) / "pins.txt"
        asked.write_text("\n".join(packages))
        pins.write_text("".join(f"{pin}\n" for pin in known))
        _run(UV, "pip", "compile", *plain, *options, "--output-file", str(pins), str(asked), cwd=folder)
        return pins.read_text().splitlines()


def _write_npm_pins(packages: Packages, *renewed: str) -> None:
    """Lock what package.json names; ``renewed`` (``name@latest``) are written into it, all others stay."""
    names = ("package.json", "package-lock.json") if renewed else ("package.json",)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            shutil.copy(packages.pins / name, folder)
        options = ("--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        exact = ("--save-exact", *renewed) if renewed else ()
        _run("npm", "install", *options, "--omit-lockfile-registry-resolved", *exact, cwd=folder)
        lock = json.loads((Path(folder) / "package-lock.json").read_text())
        shutil.copy(Path(folder) / "package.json", packages.pins)
    (packages.pins / "package-lock.json").write_text(npm_lock_text(lock))


def _run(*command: str, cwd: str) -> str:
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
