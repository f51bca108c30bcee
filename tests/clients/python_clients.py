"""Clients from PyPI, each in a virtual environment of its own: what they need conflicts, or is heavy.

They run as programs, with a home of their own and no network but loopback. The environment that points
them at the proxy is made of the lines that docs/clients.md shows.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.clients.listed import Client
from tests.clients.recorder import Conversation, Exchange, RecordedProxy, model_calls_in, requests_in
from tests.support.fidelity import Json
from towpath.testing import Failure, Recorded, Reply, ScriptedApi
from towpath.testing.script import obey

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "py-clients"
SCRIPTS = Path(__file__).parent / "scripts"
PINS = Path(__file__).parent / "pins"
INSTALL_SECONDS = 600
RUN_SECONDS = 120
TIMEOUT_SECONDS = 800  # for a test; the first one has to install
# Taken before tests/conftest.py gives the tests a home of their own: uv's settings are in the user's.
USERS_ENVIRONMENT = dict(os.environ)
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")

FAILING = "CLOSE THE GATE"
FAILURE = Failure(403, "permission_error", "the gate is closed")  # a status that no client tries again
MAX_REQUESTS = 400


@dataclass(frozen=True)
class Environment:
    """A virtual environment. ``packages`` are as uv takes them; the first is the client, with its version.

    What they need in turn is in ``pins``, with its exact version (scripts/pin.py).
    """

    name: str
    packages: tuple[str, ...]

    @property
    def version(self) -> str:
        return self.packages[0].partition("==")[2]

    @property
    def folder(self) -> Path:
        return CACHE / self.name

    @property
    def pins(self) -> Path:
        return PINS / f"{self.name}.txt"

    def program(self, name: str) -> str:
        """The path of one of its programs, after it was installed. Skips the test if that is not possible."""
        CACHE.mkdir(parents=True, exist_ok=True)
        with FileLock(CACHE / f"{self.name}.lock"):  # tests that run side by side share it
            self._install_once()
        return str(self.folder / "bin" / name)

    def _install_once(self) -> None:
        wanted = json.dumps([*self.packages, self.pins.read_text()])
        stamp = self.folder / "installed.json"
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        try:
            self._install()
        except (OSError, subprocess.SubprocessError) as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"{self.name} cannot be installed: {error}")
        stamp.write_text(wanted)

    def _install(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        run_uv("venv", "--python", sys.executable, str(self.folder))
        python = str(self.folder / "bin" / "python")
        run_uv("pip", "install", "--python", python, "--constraints", str(self.pins), *self.packages)


def run_uv(*command: str) -> None:
    """Not in the project's folder, where its own pins would count."""
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    subprocess.run(
        (uv, "--quiet", *command),
        cwd=Path(sys.prefix).anchor,
        env=USERS_ENVIRONMENT,
        check=True,
        timeout=INSTALL_SECONDS,
    )


def run(
    command: tuple[str, ...],
    home: Path,
    variables: Mapping[str, str],
    folder: Path | None = None,
    seconds: float = RUN_SECONDS,
) -> "subprocess.CompletedProcess[str]":
    """A program to its end, with an environment that has nothing of the user's."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1,localhost",
        **NO_NETWORK,
    }
    return subprocess.run(
        command,
        cwd=folder or home,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


Model = Callable[[dict[str, Any]], Reply | Failure]


@dataclass(frozen=True)
class Played:
    """What a client's script said, and what went to and from the proxy meanwhile."""

    said: Json
    exchanges: list[Exchange]
    api: list[Recorded]

    @property
    def requests(self) -> list[Conversation]:
        """What the client asked the Messages API for."""
        return requests_in(self.exchanges)

    @property
    def model_calls(self) -> list[Conversation]:
        return model_calls_in(self.api)

    @property
    def ways(self) -> list[str | None]:
        return [exchange.way for exchange in self.exchanges]


def play(
    environment: Environment,
    client: Client,
    script: str,
    proxy: RecordedProxy,
    api: ScriptedApi,
    home: Path,
    *arguments: str,
    further_variables: Mapping[str, str] | None = None,
    model: Model | None = None,
) -> Played:
    """Run one of the scripts beside this file; it prints one JSON object."""
    begin(proxy, api, model)
    command = (environment.program("python"), str(SCRIPTS / script), *arguments)
    done = run(command, home, {**client.variables(proxy.url), **(further_variables or {})})
    assert done.returncode == 0, done.stderr
    return Played(json.loads(done.stdout), proxy.recorder.exchanges, api.exchanges)


def begin(proxy: RecordedProxy, api: ScriptedApi, model: Model | None = None) -> None:
    """Nothing recorded; the model does what the newest text says, and fails where that says so."""
    api.clear()
    api.reply(*[model or obey_or_fail] * MAX_REQUESTS)
    proxy.recorder.clear()


def obey_or_fail(body: dict[str, Any]) -> Reply | Failure:
    return FAILURE if FAILING in json.dumps(body["messages"][-1]) else obey(body)
