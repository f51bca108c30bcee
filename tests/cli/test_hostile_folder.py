"""A folder with modules of its own, as a project may have them, is not where Towpath's code comes from."""

import dataclasses
import os
import plistlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.places import place_in
from tests.support.processes import wait_until
from tests.support.program import towpath_process
from towpath import __version__
from towpath.bench.processes import proxy_under_test, scripted_api
from towpath.cli.service.launchd import launchd_service
from towpath.settings import Settings

pytestmark = [pytest.mark.cli, pytest.mark.slow]

# Towpath's own name, one of a library and one of Python: each would be imported in place of the real one.
MODULES = ("towpath", "structlog", "typing", "bench")
_LEAVE_A_TRACE = "open(__file__ + '.ran', 'w').close()\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with hostile modules. None of them has run when the test is over."""
    project = tmp_path / "project"
    project.mkdir()
    for module in MODULES:
        (project / f"{module}.py").write_text(_LEAVE_A_TRACE)
    monkeypatch.chdir(project)
    yield project
    assert [path.name for path in project.iterdir() if path.name.endswith(".ran")] == []


def test_a_supervised_server(folder: Path, settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    with towpath_process(own, arguments=["serve", "--supervise"]) as (_, url):
        assert httpx.get(f"{url}/health", timeout=60).json()["version"] == __version__


def test_the_processes_of_the_bench_and_the_soak(folder: Path) -> None:
    project = str(Path(__file__).parents[2])
    for module, path in (("towpath.bench.api", ""), ("bench.soak.api", project)):
        with scripted_api(0, module, path) as api, proxy_under_test(api.url) as proxy:
            assert httpx.get(f"{proxy.url}/health", timeout=60).json()["version"] == __version__


def test_the_demo(folder: Path) -> None:
    program = Path(sys.executable).with_name("towpath")
    done = subprocess.run([program, "demo", "--once", "--port", "0"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_a_service(folder: Path, tmp_path: Path) -> None:
    """As launchd starts it."""
    place = dataclasses.replace(place_in(tmp_path, "Darwin"), python=Path(sys.executable))
    words = plistlib.loads(launchd_service(place).file.text.encode())["ProgramArguments"]
    variables = Path(place.environment_file)
    variables.parent.mkdir(parents=True)
    variables.write_text(f"CLAUDE_PROXY_PORT=0\nCLAUDE_PROXY_STATE_DIR='{tmp_path / 'state'}'\n")
    with started(words) as process:
        assert process.stdout
        url = process.stdout.readline().partition(" at ")[2].strip()
        wait_until(lambda: answers(url))


@contextmanager
def started(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            yield process
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/health", timeout=5).json()["version"] == __version__)
    except httpx.TransportError:
        return False
