"""The working directory that a client names, where the server's user cannot work in it."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import added, user
from tests.support.profiles import by_day
from tests.support.program import towpath_process
from tests.support.proxy import Client
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

# To root all folders are open. Without these capabilities a folder's mode is as good as for anybody.
_CAPABILITIES = "-dac_override,-dac_read_search"
AS_ANYBODY = ["setpriv", "--bounding-set", _CAPABILITIES, "--inh-caps", _CAPABILITIES]


class Proxy:
    """A proxy whose user may not enter every folder. ``place`` holds the folders that are named to it."""

    def __init__(self, url: str, place: Path, state: Path, log: Path) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.place = place
        self.empty = state / "empty"
        self.log = log

    def works_in(self, api: ScriptedApi, directory: str | Path) -> str:
        """Where the model is told to work when a client names this directory."""
        Client(self.http, system=f"<env>\n  Working directory: {directory}\n</env>").ask([user("hello")])
        (line,) = [
            line for text in added(api.last) for line in text.splitlines() if "working directory" in line
        ]
        return line.partition(": ")[2]


@pytest.fixture(scope="module")
def proxy(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy in a program that may not enter every folder, and its log."""
    state, place = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("place")
    own = settings.model_copy(update={"state_dir": state, "workdir": None})
    log = place / "log"
    with towpath_process(own, log, started_by=AS_ANYBODY if os.geteuid() == 0 else ()) as (_, url):
        one = Proxy(url, place, state, log)
        with one.http:
            yield one


def test_a_folder_that_may_be_entered_is_it(api: ScriptedApi, proxy: Proxy) -> None:
    open_folder = proxy.place / "open"
    open_folder.mkdir(mode=0o100)

    assert proxy.works_in(api, open_folder) == str(open_folder)


@pytest.mark.parametrize("inside", ["", "/project"])
def test_a_closed_folder_is_not(api: ScriptedApi, proxy: Proxy, inside: str) -> None:
    closed = proxy.place / f"closed{len(inside)}"
    (closed / "project").mkdir(parents=True)
    closed.chmod(0o600)  # it may be read, and not entered

    assert proxy.works_in(api, f"{closed}{inside}") == str(proxy.empty)


NO_FOLDERS = {
    "a name too long": "n" * 300,
    "a path too long": "n/" * 2500,
    "a file": "log",
    "below a file": "log/project",
    "a loop": "loop",
}


@pytest.mark.parametrize("what", by_day(["a path too long", "below a file"], NO_FOLDERS))
def test_what_is_no_folder_is_not(api: ScriptedApi, proxy: Proxy, what: str) -> None:
    name = NO_FOLDERS[what]
    loop = proxy.place / "loop"
    if not loop.is_symlink():
        loop.symlink_to(loop)

    assert proxy.works_in(api, proxy.place / name) == str(proxy.empty)


def test_a_folder_that_goes_is_none_from_then_on(api: ScriptedApi, proxy: Proxy) -> None:
    folder = proxy.place / "for-a-while"
    folder.mkdir()
    assert proxy.works_in(api, folder) == str(folder)

    folder.rmdir()
    assert proxy.works_in(api, folder) == str(proxy.empty)


def test_the_log_says_so_once(api: ScriptedApi, proxy: Proxy) -> None:
    for _ in range(2):
        proxy.works_in(api, "/somewhere/else")

    assert proxy.log.read_text().count("/somewhere/else") == 1
