"""What the server says of itself, and what it warns of."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.desk import Desk
from towpath.agent.bundled_cli import AuthStatus, cli_path
from towpath.server.observe.health import Health

PLAN = AuthStatus(logged_in=True, method="oauth", provider="firstParty", subscription="max")
KEY = AuthStatus(logged_in=True, method="api_key", provider="firstParty")
NOBODY = AuthStatus(logged_in=False, method="none", provider="firstParty")


@dataclass(frozen=True)
class Beginning:
    """A server that has just asked who is logged in."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    async def health(
        self, auth: AuthStatus | None, *, is_shared: bool = False, cli: Path | None = None
    ) -> Health:
        """Its health after this answer."""
        asked = asyncio.Event()

        async def ask() -> AuthStatus | None:
            asked.set()
            return auth

        health = Desk(self.folder).health(ask, is_shared=is_shared, cli=cli)
        watching = asyncio.create_task(health.watch())
        await asked.wait()
        await asyncio.sleep(0)
        watching.cancel()
        return health

    async def says(self, auth: AuthStatus | None, *, is_shared: bool = False, cli: Path | None = None) -> str:
        """What its log says then."""
        await self.health(auth, is_shared=is_shared, cli=cli)
        return self.capsys.readouterr().out


@pytest.fixture
def beginning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Beginning:
    """A server that begins, in a folder of its own."""
    return Beginning(tmp_path, capsys)


@pytest.mark.parametrize(
    ("auth", "is_shared", "warns"),
    [(PLAN, True, True), (PLAN, False, False), (KEY, True, False), (None, True, False)],
)
async def test_a_plan_that_other_machines_can_use_is_warned_of_once(
    beginning: Beginning, auth: AuthStatus | None, *, is_shared: bool, warns: bool
) -> None:
    assert ("a plan must not be shared" in await beginning.says(auth, is_shared=is_shared)) is warns


@pytest.mark.parametrize(("auth", "warns"), [(NOBODY, True), (PLAN, False), (KEY, False), (None, False)])
async def test_who_is_not_logged_in_reads_the_command_at_the_start(
    beginning: Beginning, auth: AuthStatus | None, *, warns: bool
) -> None:
    said = await beginning.says(auth)

    assert (f"{cli_path()} auth login" in said) is warns
    assert len(said.splitlines()) == int(warns)


async def test_a_cli_that_is_missing_is_not_a_missing_login(beginning: Beginning, tmp_path: Path) -> None:
    said = await beginning.says(None, cli=tmp_path / "claude")

    assert "the Claude CLI is missing; install Towpath again" in said


async def test_health_says_so(beginning: Beginning, tmp_path: Path) -> None:
    report = (await beginning.health(None, cli=tmp_path / "claude")).report()

    assert (report.status, report.cli.found) == ("no Claude CLI", False)
