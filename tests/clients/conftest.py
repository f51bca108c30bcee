"""Fixtures: a proxy that is recorded, and the real clients in front of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.listed import Outcomes
from tests.clients.npm import NIGHTLY, installed
from tests.clients.opencode import OpenCode, Server, Workspace, workspace
from tests.clients.recorder import RecordedProxy, Recorder, serve_recorded
from tests.support.isolated_proxy import a_key
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi

# Taken before tests/conftest.py gives the tests a home of their own: npm's settings are in the user's.
USERS_ENVIRONMENT = dict(os.environ)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-clients", action="store_true", help="write docs/clients.md if all of it passed")


def pytest_configure(config: pytest.Config) -> None:
    # Where the whole suite is run, this file comes too late for its option to be known.
    if config.getoption("write_clients", False):
        config.pluginmanager.register(Outcomes())


@pytest.fixture(scope="session")
def proxy(
    scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RecordedProxy]:
    """A proxy without a working directory of its own: the model works where the client says."""
    settings = Settings(
        upstream_base_url=scripted_api[1],
        upstream_api_key="dummy",  # type: ignore[arg-type]
        state_dir=tmp_path_factory.mktemp("clients-state"),
        spares=0,  # for each kind of request a process, mostly in vain; tests/proxy/test_spares.py has them
        memory_budget_mb=1500,
        idle_timeout_seconds=30,  # what a client had left took memory and time to the end of the tests
    )
    with serve_recorded(create_app(settings, ask_login=a_key)) as served:
        yield served


@pytest.fixture
def recorder(proxy: RecordedProxy) -> Recorder:
    """What went between the client and the proxy, with nothing recorded yet."""
    proxy.recorder.clear()
    return proxy.recorder


@pytest.fixture(autouse=True)
def later_steps(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that is marked with the ways of later steps saw these and no others."""
    mark = request.node.get_closest_marker("later_steps")
    if mark is None:
        yield
        return
    once = next((name for name in ("played", "reading") if name in request.fixturenames), None)
    seen = request.getfixturevalue(once) if once else request.getfixturevalue("proxy").recorder
    yield
    assert {one.way for one in seen.exchanges if one.way and one.is_later_step} == set(mark.args)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The clients from npm."""
    return installed(USERS_ENVIRONMENT)


@pytest.fixture(scope="session")
def nightly_modules() -> Path:
    """Those that only the nightly profile has."""
    return installed(USERS_ENVIRONMENT, NIGHTLY)


@pytest.fixture(scope="session")
def opencode(node_modules: Path, proxy: RecordedProxy) -> OpenCode:
    """The real OpenCode."""
    return OpenCode(node_modules, proxy.url)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A home and a git repository for one test."""
    return workspace(tmp_path)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The repository in which the OpenCode that stays works: for each new one it needs 3 s of CPU."""
    return workspace(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def server(opencode: OpenCode, project: Workspace) -> Iterator[Server]:
    """An OpenCode that stays; each test has a conversation of its own in it."""
    with opencode.serve(project.home) as served:
        yield served
