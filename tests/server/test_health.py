"""What the server says of itself, and what it warns of."""

import asyncio

import pytest

from towpath.agent.bundled_cli import AuthStatus
from towpath.core.mode import Mode
from towpath.server.observe.health import Health
from towpath.sessions.admission import Admission
from towpath.sessions.pool import Pool

PLAN = AuthStatus(logged_in=True, method="oauth", provider="firstParty", subscription="max")
KEY = AuthStatus(logged_in=True, method="api_key", provider="firstParty")


@pytest.mark.parametrize(
    ("auth", "is_shared", "warns"),
    [(PLAN, True, True), (PLAN, False, False), (KEY, True, False), (None, True, False)],
)
async def test_a_plan_that_other_machines_can_use_is_warned_of_once(
    auth: AuthStatus | None, capsys: pytest.CaptureFixture[str], *, is_shared: bool, warns: bool
) -> None:
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

    assert ("a plan must not be shared" in capsys.readouterr().out) is warns
