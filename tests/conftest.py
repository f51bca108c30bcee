"""Fixtures: the scripted API, and the proxy in front of the real CLI in front of it."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import settings as hypothesis

from tests.support.cloud_proxy import cloud_proxy
from tests.support.clouds import CLOUDS, at_cloud
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.profiles import IS_NIGHTLY, scaled
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

# Python's byte code is kept, whatever the environment says: else each worker compiles all tests and what they
# import, 9 s of CPU more, and each of a hundred programs that they start its modules, 1.1 s of 2.6.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# For tests that do not say how often; how hard the fuzz tests try is another matter (support/profiles.py).
hypothesis.register_profile("units", max_examples=scaled(25, 500), deadline=None)
hypothesis.load_profile("units")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For everything one more than there are cores, since many a test waits; for folders one a core.

    None for tests or files that are named: they are there sooner without, since a worker takes seconds to
    import what the tests do.
    """
    cores = os.cpu_count() or 1
    if config.option.keyword or any(".py" in argument for argument in config.args):
        return 0
    if config.getoption("write_clients", False):
        return 0  # the document needs all outcomes in one process
    return cores + 1 if config.args == config.getini("testpaths") else cores


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones come first, however the others were ordered."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays; a garbage collection need not look at it each time (0.2 s)."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("nightly") and not IS_NIGHTLY:
        pytest.skip("run in the nightly profile only")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What runs the tests that are ``async``."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """A home of the tests' own: the CLI keeps its state there, and nobody's login is in it."""
    with tempfile.TemporaryDirectory(prefix="towpath-home-") as folder:
        patch = pytest.MonkeyPatch()
        patch.setenv("HOME", folder)
        patch.setenv("PIP_NO_INDEX", "1")  # `towpath doctor` asks no index how old the SDK is
        for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE"))]:
            patch.delenv(name)
        yield Path(folder)
        patch.undo()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Programs that tests start take Ctrl-C, also where the tests run in a shell's background.

    There it is ignored, and who ignores a signal hands that on: `towpath top` then never ended.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def scripted_api() -> Iterator[tuple[ScriptedApi, str]]:
    """The scripted API of all tests, and its URL; ``api`` gives it empty."""
    api = ScriptedApi()
    with serve_in_thread(api.app) as url:
        yield api, url


@pytest.fixture
def api(scripted_api: tuple[ScriptedApi, str]) -> ScriptedApi:
    """The scripted API, with nothing recorded and nothing queued."""
    scripted_api[0].clear()
    return scripted_api[0]


@pytest.fixture(scope="session")
def settings(scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a proxy that asks the scripted API."""
    return Settings(
        upstream_base_url=scripted_api[1],
        upstream_api_key="dummy",  # type: ignore[arg-type]
        state_dir=tmp_path_factory.mktemp("state"),
        workdir=tmp_path_factory.mktemp("work"),
        spares=0,  # tests say which way they expect; tests/proxy/test_spares.py has them on
        # What tests leave behind would fill the memory, and a CLI that stays works on its own: it collects
        # garbage 4 s after its start and again after 20: 0.6 s of CPU in its life become 0.9. There is
        # room for some five: the oldest make way. But a busy machine may hold up a test that goes on with a
        # conversation, so time alone does not end them soon.
        memory_budget_mb=1200,
        idle_timeout_seconds=30,
        parked_timeout_seconds=60,
    )


@pytest.fixture(scope="session")
def shared_proxy(settings: Settings) -> Iterator[IsolatedProxy]:
    """The proxy of all tests that do not mind each other's conversations."""
    with isolated_proxy(settings) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def proxy_url(shared_proxy: IsolatedProxy) -> str:
    """Where the shared proxy answers."""
    return shared_proxy.url


@pytest.fixture(scope="session")
def http(
    request: pytest.FixtureRequest, scripted_api: tuple[ScriptedApi, str], settings: Settings
) -> Iterator[httpx.Client]:
    """A client of the shared proxy; by night also of one at each cloud, for tests marked ``each_access``."""
    if cloud := getattr(request, "param", None):
        state_dir = request.getfixturevalue("tmp_path_factory").mktemp(cloud)
        with cloud_proxy(cloud, scripted_api[1], settings.model_copy(update={"state_dir": state_dir})) as own:
            yield own
    else:
        yield request.getfixturevalue("shared_proxy").http


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if IS_NIGHTLY and metafunc.definition.get_closest_marker("each_access"):
        metafunc.parametrize("http", [None, *CLOUDS], ids=["api", *CLOUDS], indirect=True, scope="session")


@pytest.fixture(autouse=True)
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The provider of a test that runs on each; its variables are set meanwhile."""
    called = getattr(request.node, "callspec", None)
    name: str | None = called.params.get("http") if called else None
    if name:
        at_cloud(name, request.getfixturevalue("scripted_api")[1], monkeypatch)
    return name


@pytest.fixture
def own_settings(settings: Settings, tmp_path: Path) -> Settings:
    """The same with a state folder of the test's own, so that the CLIs of its proxy can be told."""
    return settings.model_copy(update={"state_dir": tmp_path / "state"})


@pytest.fixture
def proxy(own_settings: Settings, api: ScriptedApi) -> Iterator[IsolatedProxy]:
    """A proxy of the test's own."""
    with isolated_proxy(own_settings) as proxy:
        yield proxy
