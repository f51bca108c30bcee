"""What is on the disk when all is over: what docs/operating.md names, and no word of a conversation."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from subprocess import Popen

import httpx
import pytest

from tests.support.fidelity import Json, document, image, result, user
from tests.support.isolated_proxy import IsolatedProxy, proxy_at
from tests.support.processes import cli_processes, kill, wait_until
from tests.support.profiles import by_day
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

ROOT = Path(__file__).parents[2]
# In every text, input and result. No file may have it, not even in its name.
WORD = "plesiosaur"


class Disk:
    """The home of a user who runs Towpath, everything below it, and what the documents allow there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state_dir = home / "state"
        self.workspace = home / "work"
        self._before = self.files()

    def files(self) -> set[str]:
        """All files by their paths below the home; sockets count."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if not path.is_dir()}

    def undocumented(self) -> list[str]:
        """The files that have come and of which the documents do not say that they stay."""
        new = self.files() - self._before
        return sorted(path for path in new if not any(fnmatch(path, pattern) for pattern in documented()))

    def with_the_word(self) -> list[str]:
        """The files in whose bytes or name the conversation's word is."""
        return sorted(
            path for path in self.files() if WORD in path or WORD.encode() in (self.home / path).read_bytes()
        )


def documented() -> list[str]:
    """The paths of the table "What stays on the disk", below the home; there `<state>` is `state`."""
    section = (ROOT / "docs/operating.md").read_text().partition("\n## What stays on the disk\n")[2]
    paths = re.findall(r"^\| `(.+?)` \|", section.partition("\n## ")[0], re.MULTILINE)
    assert paths
    return [path.removeprefix("~/").replace("<state>", "state") for path in paths]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """All places at which a CLI could write (home, temporary and runtime folder), made for the test."""
    home = tmp_path / "home"
    for name in ("work", "tmp", "runtime"):
        (home / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "runtime"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(Settings.env_name("spares"), "1")
    return Disk(home)


@contextmanager
def program(settings: Settings, disk: Disk) -> Iterator[tuple[Popen[str], IsolatedProxy]]:
    """The program itself, and where it answers."""
    own = settings.model_copy(update={"state_dir": disk.state_dir, "workdir": disk.workspace})
    with towpath_process(own) as (process, url), proxy_at(url, own) as proxy:
        yield process, proxy


def passthrough(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    """One of each: idle, parked at calls, ended by the proxy, with images and documents, a count."""
    idle = proxy.client()
    idle.say(user(f"hello {WORD}", image(), document(WORD)))
    calls = calls_of(idle.say(user(f'CALL read {{"path": "{WORD}"}}\nCALL write {{"path": "{WORD}"}}')))
    idle.say(user(*(result(one, f"no such {WORD}", is_error=True) for one in calls)))
    proxy.client().say(user(f'CALL read {{"path": "{WORD}"}}'))
    with_an_image = proxy.client()
    (call,) = calls_of(with_an_image.say(user('CALL read {"path": "picture.png"}')))
    with_an_image.say(user(result(call, [image(), {"type": "text", "text": WORD}])))
    api.reply(Reply(({"type": "text", "text": f"a {WORD} is"},), stop_reason="max_tokens"))
    proxy.client().say(user(f"what is a {WORD}?"))
    count(proxy, idle.messages)


def internal(proxy: IsolatedProxy) -> None:
    """A tool that runs here; of a file that there is not, which is an error."""
    mode = {"x-towpath-mode": "internal"}
    with httpx.Client(base_url=proxy.url, headers=mode, timeout=WAIT_SECONDS) as http:
        client = Client(http, tools=[])
        client.say(user(f"hello {WORD}", image(), document(WORD)))
        reply = client.say(user(f'CALL read {{"file_path": "{WORD}.txt"}}'))
    assert reply["content"][-1]["text"].startswith("Results: ")


def count(proxy: IsolatedProxy, messages: list[Json]) -> None:
    body = {"model": "claude-sonnet-4-5", "messages": messages}
    assert proxy.http.post("/v1/messages/count_tokens", json=body).status_code == 200
    assert proxy.http.get("/v1/models").status_code == 200


@pytest.mark.parametrize("killed", by_day(["nothing", "both"], ["nothing", "the CLIs", "the proxy", "both"]))
def test_what_is_left_is_documented_and_has_no_word_of_the_conversation(
    killed: str, api: ScriptedApi, settings: Settings, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the proxy was killed, when the next one has started."""
    monkeypatch.setenv(Settings.env_name("allow_internal"), "1")
    with program(settings, disk) as (process, proxy):
        passthrough(proxy, api)
        internal(proxy)
        if killed == "both":
            process.send_signal(signal.SIGSTOP)
        if killed in ("the CLIs", "both"):
            for cli in cli_processes(disk.state_dir):
                kill(cli)
        if killed == "the CLIs":
            wait_until(lambda: proxy.sessions["idle"] + proxy.sessions["parked"] == 0)
        if killed in ("the proxy", "both"):
            process.kill()
            process.wait()
            wait_until(lambda: cli_processes(disk.state_dir) == [])
        else:
            end(process)
    if killed in ("the proxy", "both"):
        with program(settings, disk) as (process, proxy):
            assert proxy.http.get("/health").status_code == 200
            end(process)

    assert disk.undocumented() == []
    assert disk.with_the_word() == []
    assert (disk.home / ".claude.json").exists()  # they have been in this home


def end(process: Popen[str]) -> None:
    process.terminate()
    process.wait()
