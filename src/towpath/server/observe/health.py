"""GET /health: how the server is. It asks the CLI every minute, and never makes a request wait for that."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import structlog

from towpath import __version__
from towpath.agent.bundled_cli import BUNDLED_VERSION, AuthStatus, cli_path
from towpath.agent.failures import not_logged_in
from towpath.core.mode import Mode
from towpath.server.reports import Cli, HealthReport, Login
from towpath.sessions.admission import Admission
from towpath.sessions.plan import MIB
from towpath.sessions.pool import Pool

log = structlog.get_logger(__name__)

_ASK_AGAIN_SECONDS = 60.0


class Health:
    """Keeps the CLI's newest answer to "who is logged in".

    ``is_shared``: other machines can call. ``ledger`` says how that is: ok, off, or what is wrong.
    """

    def __init__(
        self,
        pool: Pool,
        admission: Admission,
        mode: Mode,
        *,
        is_shared: bool,
        ask: Callable[[], Awaitable[AuthStatus | None]],
        ledger: Callable[[], str] = lambda: "off",
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._mode = mode
        self._is_shared = is_shared
        self._ask = ask
        self._ledger = ledger
        self._auth: AuthStatus | None = None
        self._asked = False

    async def watch(self) -> None:
        """Ask the CLI again as time goes by, until cancelled."""
        while True:
            self._auth = await self._ask()
            if not self._asked:
                self._warn()
            self._asked = True
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    def _warn(self) -> None:
        """Once, of what the server cannot or should not do with the login that it has found."""
        if not cli_path().is_file():
            log.warning("the Claude CLI is missing; install Towpath again", path=str(cli_path()))
        elif self._auth and not self._auth.logged_in:
            log.warning(not_logged_in())
        elif self._is_shared and self._auth and self._auth.subscription:
            log.warning("other machines can use this plan login; a plan must not be shared with others")

    def report(self) -> HealthReport:
        """The answer of /health."""
        return HealthReport(
            status=self._status(),
            version=__version__,
            mode=self._mode,
            auth=Login(**asdict(self._auth)) if self._auth else Login(),
            cli=Cli(path=str(cli_path()), version=BUNDLED_VERSION, found=cli_path().is_file()),
            sessions={state.value: count for state, count in self._pool.census().items()},
            waiting=self._admission.waiting,
            memory_mb=self._pool.memory_bytes // MIB,
            ledger=self._ledger(),
        )

    def _status(self) -> str:
        if not self._asked:
            return "starting"
        if not cli_path().is_file():
            return "no Claude CLI"
        return "ok" if self._auth and self._auth.logged_in else "not logged in"
