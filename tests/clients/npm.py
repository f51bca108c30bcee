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

# One installation for all, of 1.6 GB: 100 s on two busy cores.
VERSIONS: Mapping[str, str] = {
    "opencode-ai": "1.18.33",
    "oh-my-opencode": "4.19.4",
    "@anthropic-ai/sdk": "1.12.0",
    "@ai-sdk/anthropic": "3.0.139",
    "ai": "6.0.326",
    "@continuedev/cli": "1.5.47",
    "cline": "3.0.65",
    "@mariozechner/pi-coding-agent": "0.73.1",
}

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
    stamp = folder / "installed.json"
    if stamp.is_file() and json.loads(stamp.read_text()) == VERSIONS:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}')
    # No install scripts: they would only copy programs, which come in packages for this platform.
    packages = [f"{name}@{version}" for name, version in VERSIONS.items()]
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    subprocess.run(
        ("npm", "install", *options, *packages),
        cwd=folder,
        env=environment,
        check=True,
        timeout=INSTALL_SECONDS,
    )
    stamp.write_text(json.dumps(VERSIONS))
