"""Clients from npm: their versions, and folders that have them: those of each run, and those of the night."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).parents[2] / ".cache"
INSTALL_SECONDS = 600
TIMEOUT_SECONDS = 800  # for a test; the first one may have to install

PINS = Path(__file__).parent / "pins"


@dataclass(frozen=True)
class Packages:
    """Clients that are installed together, into one folder of the project's cache.

    In ``pins``, package.json names them and package-lock.json has all that they need (scripts/pin.py).
    """

    folder: Path
    pins: Path

    @property
    def versions(self) -> Mapping[str, str]:
        """By the name under which a package is installed; ``npm:name@1.2`` if that is not its own."""
        found: dict[str, str] = json.loads((self.pins / "package.json").read_text())["dependencies"]
        return found


DAILY = Packages(CACHE / "npm-clients", PINS)
NIGHTLY = Packages(CACHE / "npm-clients-nightly", PINS / "nightly")
VERSIONS = DAILY.versions

# No program of npm's, and none that a client starts, finds a registry.
OFFLINE: Mapping[str, str] = {
    "npm_config_registry": "http://127.0.0.1:9/",
    "npm_config_fetch_retries": "0",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}


def installed(environment: Mapping[str, str], packages: Packages = DAILY) -> Path:
    """The ``node_modules`` with these packages.

    Skips the test where npm is missing; in CI that is an error.
    """
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing: CI must run the tests with clients from npm")
        pytest.skip("npm is missing: this client cannot be installed")
    CACHE.mkdir(exist_ok=True)
    with FileLock(f"{packages.folder}.lock"):  # tests that run side by side share it
        _install(packages, environment)
    return packages.folder / "node_modules"


def _install(packages: Packages, environment: Mapping[str, str]) -> None:
    """One installation for all; those of each run are 2 GB."""
    folder = packages.folder
    pins = (packages.pins / "package-lock.json").read_bytes()
    stamp = folder / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == pins:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(packages.pins / name, folder)
    # Not `npm ci`: it wants the packages for all platforms in the file, and some registries have not all.
    # No install scripts: they would only copy programs, which come in packages for this platform.
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run(
        ("npm", "install", *options), cwd=folder, env=environment, check=True, timeout=INSTALL_SECONDS
    )
    stamp.write_bytes(pins)
