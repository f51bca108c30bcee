"""What a CLI leaves beside its session file, and what is found and removed of it: rows W1 and W2.

The process is a real one that was killed, with what earlier versions did not set taken away.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.support.fidelity import TOOLS, result, user
from tests.support.processes import wait_until
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.folders import empty_folder, make_private
from towpath.agent.leftovers import Places, orphans, remove, remove_folder
from towpath.agent.passthrough import PassthroughProcess
from towpath.core.launch import Launch
from towpath.core.reading.request import Message
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

WORD = "plesiosaur"


@dataclass(frozen=True)
class Killed:
    """The CLI that was killed: its private folder, its own places and what it left there."""

    folder: Path
    places: Places
    log: Path
    entry: Path
    key: Path

    @property
    def state_dir(self) -> Path:
        return self.folder.parents[2]

    @property
    def session_id(self) -> str:
        return str(orjson.loads(self.entry.read_bytes())["sessionId"])


@pytest.fixture
def process(
    api: ScriptedApi,
    scripted_api: tuple[ScriptedApi, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> PassthroughProcess:
    """With a configuration and a state folder of its own, and an inbox."""
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    make_private(tmp_path / "state")
    environment = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)
    del environment["CLAUDE_CODE_HARBOR_KITE"]
    nowhere = str(empty_folder(tmp_path / "state"))
    launch = Launch("claude-sonnet-4-5", "", {"max_tokens": 100, "tools": TOOLS}, nowhere)
    folder = tmp_path / "state" / "run" / "1-1-00000000" / "1"
    return PassthroughProcess(
        launch, folder, environment, start_timeout_seconds=60, on_verdict=lambda _: None
    )


@pytest.fixture
def killed(process: PassthroughProcess, tmp_path: Path) -> Killed:
    """After a tool's error, whose text has the word."""
    folder = tmp_path / "state" / "run" / "1-1-00000000" / "1"
    places = Places(tmp_path / "config", folder / "cache" / "claude-cli-nodejs")
    asyncio.run(fail_and_be_killed(process, places))
    (log,), (entry,), (key,) = written(places)
    return Killed(folder, places, log, entry, key)


async def fail_and_be_killed(process: PassthroughProcess, places: Places) -> None:
    ended = asyncio.Event()
    ask: Message = user('CALL read {"path": "a"}')
    await process.start([ask], {}, on_end=ended.set)
    async for _ in process.events():
        pass
    await process.settle()
    (call,) = process.waiting_for
    await process.send([result(call, f"no such {WORD}", is_error=True)])
    async for _ in process.events():
        pass
    await process.settle()
    await asyncio.to_thread(wait_until, lambda: all(written(places)))  # the log once a second
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    await ended.wait()
    await process.stop()


def written(places: Places) -> tuple[list[Path], list[Path], list[Path]]:
    """The log with the word, the entry and the key to the inbox, as far as they are there."""
    logs = places.cache.glob("*/mcp-logs-client/*.jsonl")
    entries, keys = places.config.glob("sessions/*.json"), places.config.glob("sessions/*.key")
    return [log for log in logs if WORD.encode() in log.read_bytes()], list(entries), list(keys)


def test_w1_a_tool_s_error_is_logged_in_the_cache_with_all_its_text(killed: Killed) -> None:
    assert WORD in killed.log.read_text()


def test_w2_a_killed_cli_leaves_its_entry_and_the_key_to_its_inbox(killed: Killed) -> None:
    entry = orjson.loads(killed.entry.read_bytes())

    assert Path(entry["logPath"]).is_relative_to(killed.folder)
    assert not Path(entry["logPath"]).exists()
    assert killed.key.name.startswith(f"{entry['pid']}.")


def test_w2_the_entry_tells_whose_it_is_from_its_first_moment(
    process: PassthroughProcess, tmp_path: Path
) -> None:
    async def be_killed_early() -> None:
        start = asyncio.ensure_future(process.start([], {}, on_end=lambda: None))
        entries = tmp_path / "config" / "sessions"
        await asyncio.to_thread(wait_until, lambda: any(map(_is_whole, entries.glob("*.json"))))
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.wait([start])
        await process.stop()
        assert any(entries.glob("*.json"))
        await process.remove_files()
        assert not any(entries.glob("*.json"))

    asyncio.run(be_killed_early())


def _is_whole(entry: Path) -> bool:
    return entry.read_bytes().endswith(b"}")


def test_what_earlier_versions_left_is_found_and_removed(killed: Killed) -> None:
    other = killed.entry.with_name("1.json")  # of a session that runs, in a folder of somebody's
    other.write_bytes(orjson.dumps({"pid": os.getpid(), "sessionId": "other", "cwd": "/"}))

    found = orphans(killed.places, killed.state_dir)
    remove(found)

    assert sorted(found) == sorted([killed.log, killed.entry, killed.key])
    assert list(killed.entry.parent.iterdir()) == [other]
    assert list(killed.places.cache.iterdir()) == []


def test_what_a_session_uses_that_may_be_alive_is_left(killed: Killed) -> None:
    entry = orjson.loads(killed.entry.read_bytes())
    for changed in ({"pid": os.getpid()}, {"pidDomain": "linux:0:pid:[1]"}, {"pid": None}):
        killed.entry.write_bytes(orjson.dumps({**entry, **changed}))

        assert orphans(killed.places, killed.state_dir) == []


def test_what_may_be_the_user_s_own_is_left(killed: Killed, tmp_path: Path) -> None:
    """An entry of another folder, and a log of a session that is in the list of Claude Code's own."""
    transcript = killed.places.config / "projects" / "-a" / f"{killed.session_id}.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.touch()

    assert orphans(killed.places, tmp_path / "another") == []


def test_a_log_of_a_server_that_is_a_program_is_left(killed: Killed) -> None:
    first = {"debug": "Starting connection with timeout of 30000ms", "sessionId": killed.session_id}
    killed.log.write_bytes(orjson.dumps(first) + b"\n" + killed.log.read_bytes())

    assert killed.log not in orphans(killed.places, killed.state_dir)


def test_entry_and_log_go_with_the_private_folder(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log where a user's cache cannot be moved."""
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = tmp_path / "Library" / "Caches"
    cache.parent.mkdir()
    (killed.folder / "cache").rename(cache)

    remove_folder(killed.folder, platform="darwin")

    assert not killed.entry.exists()
    assert not killed.folder.exists()
    assert written(Places(killed.places.config, cache / "claude-cli-nodejs"))[0] == []


@pytest.mark.parametrize(
    ("platform", "cache"),
    [
        ("linux", ".cache/claude-cli-nodejs"),
        ("darwin", "Library/Caches/claude-cli-nodejs"),
    ],
)
def test_the_places_of_each_system(platform: str, cache: str) -> None:
    assert Places.of({}, platform) == Places(Path.home() / ".claude", Path.home() / cache)
