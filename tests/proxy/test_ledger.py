"""The ledger of a server: exact figures, kept over a restart, and nothing of what was said."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.fidelity import Json, text, user
from tests.support.figures import figures
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client
from tests.support.waiting import WAIT_SECONDS
from towpath.ledger.file import FILE_NAME, open_to_read
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

WORD = "xylophone"
USAGE = {
    "input_tokens": 7,
    "cache_read_input_tokens": 90_000,
    "cache_creation_input_tokens": 30,
    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    "output_tokens": 5,
}


def kept(state_dir: Path) -> list[dict[str, Any]]:
    with closing(open_to_read(state_dir / FILE_NAME)) as db:
        db.row_factory = sqlite3.Row
        return [dict(one) for one in db.execute("SELECT * FROM exchanges ORDER BY id")]


def wait_for_rows(state_dir: Path, count: int) -> list[dict[str, Any]]:
    def are_there() -> bool:
        try:
            return len(kept(state_dir)) == count
        except sqlite3.Error:  # not there yet
            return False

    wait_until(are_there)
    return kept(state_dir)


def usage(http: httpx.Client) -> Json:
    told: Json = http.get("/v1/usage", params={"days": 2}).json()
    return told


def test_each_exchange_is_a_row_with_its_figures(api: ScriptedApi, own_settings: Settings) -> None:
    with isolated_proxy(own_settings) as proxy:
        proxy.http.headers.update({"user-agent": "opencode/1.4.2 (linux)", "x-session-id": "ses_1"})
        client = proxy.client(model="claude-sonnet-4-5")
        for said in (f"SAY {WORD}", "again"):
            api.reply(Reply((text(WORD),), usage=USAGE))
            client.say(user(said))
        api.reply(Failure(529, "overloaded_error", WORD))
        client.post([*client.messages, user(WORD)])
        rows = wait_for_rows(own_settings.state_dir, 3)
        told, seen = usage(proxy.http), figures(proxy.http)
        shown = proxy.http.get("/v1/activity").json()["today"]
        steps = proxy.http.get(f"/v1/usage/conversations/{rows[0]['conversation']}").json()["steps"]
        assert proxy.http.get("/health").json()["ledger"] == "ok"

    assert [(one["way"], one["outcome"], one["status"]) for one in rows] == [
        ("start", "complete", 200),
        ("resume", "complete", 200),
        ("", "failed", 529),
    ]
    for one in rows[:2]:
        tokens = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
        assert [one[name] for name in tokens] == [7, 90_000, 10, 20, 5]
        assert (one["client"], one["mode"], one["stop_reason"]) == (
            "opencode/1.4.2",
            "passthrough",
            "end_turn",
        )
        assert (one["label"], one["key"][:4]) == ("ses_1", "msg_")
    assert len({one["conversation"] for one in rows}) == 1
    cost = 2 * (7 * 3 + 90_000 * 0.3 + 10 * 3.75 + 20 * 6 + 5 * 15) / 1e6
    for sums in (told["total"], shown):
        assert (sums["exchanges"], sums["failed"], sums["cache_read"]) == (3, 1, 180_000)
        assert sums["cost"] == pytest.approx(cost)
    assert seen["towpath_cost_dollars_total", "default", "claude-sonnet-4-5"] == pytest.approx(cost)
    assert [one["way"] for one in steps] == ["start", "resume", ""]
    files = [own_settings.state_dir / f"{FILE_NAME}{ending}" for ending in ("", "-wal")]
    assert all(WORD.encode() not in file.read_bytes() for file in files if file.exists())


def test_what_was_used_is_still_known_after_a_kill(api: ScriptedApi, own_settings: Settings) -> None:
    for time in (1, 2):
        with (
            towpath_process(own_settings) as (process, url),
            httpx.Client(base_url=url, timeout=WAIT_SECONDS) as http,
        ):
            api.reply(Reply((text("hello"),), usage=USAGE))
            Client(http, model="claude-sonnet-4-5").say(user("a"))
            wait_for_rows(own_settings.state_dir, time)
            assert http.get("/v1/activity").json()["today"]["exchanges"] == time
            process.kill()

    first, second = kept(own_settings.state_dir)
    assert first["conversation"] != second["conversation"]


@pytest.fixture
def without(own_settings: Settings) -> Iterator[httpx.Client]:
    """A client of a server that keeps no ledger."""
    with isolated_proxy(own_settings.model_copy(update={"ledger": False})) as proxy:
        yield proxy.http


def test_without_a_ledger_nothing_is_kept(without: httpx.Client, own_settings: Settings) -> None:
    Client(without).say(user("a"))

    assert not list(own_settings.state_dir.glob("usage*"))
    assert without.get("/health").json()["ledger"] == "off"
    refused = without.get("/v1/usage")
    assert (refused.status_code, "CLAUDE_PROXY_LEDGER" in refused.text) == (404, True)
    assert without.get("/v1/activity").json()["today"]["exchanges"] == 1


def test_a_ledger_that_cannot_be_written_harms_no_answer(api: ScriptedApi, own_settings: Settings) -> None:
    blocked = own_settings.state_dir / FILE_NAME
    blocked.mkdir(parents=True)
    with isolated_proxy(own_settings) as proxy:
        proxy.client().say(user("a"))
        wait_until(lambda: "cannot be written" in proxy.http.get("/health").json()["ledger"])
        blocked.rmdir()
        proxy.client().say(user("b"))
        assert len(wait_for_rows(own_settings.state_dir, 2)) == 2
        wait_until(lambda: proxy.http.get("/health").json()["ledger"] == "ok")
