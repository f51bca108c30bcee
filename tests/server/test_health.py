"""What the server says of itself, and what it warns of."""

import asyncio
from pathlib import Path

import pytest

from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from towpath.agent.bundled_cli import AuthStatus, cli_path
from towpath.core.mode import Mode
from towpath.server.observe.health import Health
from towpath.sessions.admission import Admission
from towpath.sessions.pool import Pool
from towpath.settings import Settings

PLAN = AuthStatus(logged_in=True, method="oauth", provider="firstParty", subscription="max")
KEY = AuthStatus(logged_in=True, method="api_key", provider="firstParty")


NOBODY = AuthStatus(logged_in=False, method="none", provider="firstParty")


async def said_by(
    auth: AuthStatus | None, capsys: pytest.CaptureFixture[str], *, is_shared: bool = False
) -> str:
    """What a server says at its start of this login."""
    asked = asyncio.Event()

    async def ask() -> AuthStatus | None:
        asked.set()
        return auth

    pool = Pool.__new__(Pool)  # not asked for anything here
    health = Health(pool, Admission(running=1, waiting=0), Mode.PASSTHROUGH, is_shared=is_shared, ask=ask)
    watching = asyncio.create_task(health.watch())
    await asked.wait()
    await asyncio.sleep(0)
    watching.cancel()
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("auth", "is_shared", "warns"),
    [(PLAN, True, True), (PLAN, False, False), (KEY, True, False), (None, True, False)],
)
async def test_a_plan_that_other_machines_can_use_is_warned_of_once(
    auth: AuthStatus | None, capsys: pytest.CaptureFixture[str], *, is_shared: bool, warns: bool
) -> None:
    assert ("a plan must not be shared" in await said_by(auth, capsys, is_shared=is_shared)) is warns


@pytest.mark.parametrize(("auth", "warns"), [(NOBODY, True), (PLAN, False), (KEY, False), (None, False)])
async def test_who_is_not_logged_in_reads_the_command_at_the_start(
    auth: AuthStatus | None, capsys: pytest.CaptureFixture[str], *, warns: bool
) -> None:
    said = await said_by(auth, capsys)

    assert (f"{cli_path()} auth login" in said) is warns
    assert len(said.splitlines()) == int(warns)


async def test_a_cli_that_is_missing_is_not_a_missing_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("towpath.agent.bundled_cli._SDK", tmp_path)

    assert "the Claude CLI is missing; install Towpath again" in await said_by(None, capsys)


def test_health_says_so(own_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("towpath.agent.bundled_cli._SDK", tmp_path)
    with isolated_proxy(own_settings, ask_login=None) as proxy:
        wait_until(lambda: proxy.http.get("/health").json()["status"] != "starting")
        said = proxy.http.get("/health").json()

    assert (said["status"], said["cli"]["found"]) == ("no Claude CLI", False)
