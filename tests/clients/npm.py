"""Clients from npm: their versions, and a folder that has them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).parents[2] / ".cache"
INSTALL_SECONDS = 600
TIMEOUT_SECONDS = 800  # for a test; the first one may have to install

# package.json names the clients; package-lock.json has all that they need (scripts/pin.py).
PINS = Path(__file__).parent / "pins"
VERSIONS: Mapping[str, str] = json.loads((PINS / "package.json").read_text())["dependencies"]

# No program of npm's, and none that a client starts, finds a registry.
OFFLINE: Mapping[str, str] = {
    "npm_config_registry": "http://127.0.0.1:9/",
    "npm_config_fetch_retries": "0",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}


def installed(environment: Mapping[str, str]) -> Path:
    """The ``node_modules`` with these packages, in a cache folder of the project.

    Skips the test where npm is missing; in CI that is an error.
    """
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing: CI must run the tests with clients from npm")
        pytest.skip("npm is missing: this client cannot be installed")
    CACHE.mkdir(exist_ok=True)
    folder = CACHE / "npm-clients"
    with FileLock(f"{folder}.lock"):  # tests that run side by side share it
        _install(folder, environment)
    return folder / "node_modules"


def _install(folder: Path, environment: Mapping[str, str]) -> None:
    """One installation for all, of 1.6 GB: 100 s on two busy cores."""
    pins = (PINS / "package-lock.json").read_bytes()
    stamp = folder / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == pins:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder)
    # Not `npm ci`: it wants the packages for all platforms in the file, and some registries have not all.
    # No install scripts: they would only copy programs, which come in packages for this platform.
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run(
        ("npm", "install", *options), cwd=folder, env=environment, check=True, timeout=INSTALL_SECONDS
    )
    stamp.write_bytes(pins)
