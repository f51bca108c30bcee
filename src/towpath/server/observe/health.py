"""GET /health: how the server is. It asks the CLI every minute, and never makes a request wait for that."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import structlog

from towpath import __version__
from towpath.agent.bundled_cli import BUNDLED_VERSION, AuthStatus, cli_path
from towpath.agent.failures import not_logged_in
from towpath.core.accesses import DEFAULT
from towpath.core.mode import Mode
from towpath.server.reports import AccessReport, Cli, HealthReport, Login
from towpath.sessions.admission import Admission
from towpath.sessions.memory_budget import MIB
from towpath.sessions.pool import Pool

log = structlog.get_logger(__name__)

_ASK_AGAIN_SECONDS = 60.0
_CLI = cli_path()
AskLogin = Callable[[], Awaitable[AuthStatus | None]]


class Health:
    """Keeps the CLI's newest answers to "who is logged in". ``is_shared``: other machines can call.

    ``ask`` is about the default access, ``others`` ask about the others by name: all of them at first, then
    one after the other, since each question takes a process of the CLI. ``ledger`` says how that is: ok, off,
    or what is wrong; ``cli`` is where the CLI should be.
    """

    def __init__(
        self,
        pool: Pool,
        admission: Admission,
        mode: Mode,
        *,
        is_shared: bool,
        ask: AskLogin,
        others: Mapping[str, AskLogin] | None = None,
        cli: Path = _CLI,
        ledger: Callable[[], str] = lambda: "off",
    ) -> None:
        self._pool = pool
        self._admission = admission
        self._mode = mode
        self._is_shared = is_shared
        self._ask = ask
        self._cli = cli
        self._ledger = ledger
        self._others = dict(others or {})
        self._auth: AuthStatus | None = None
        self._auth_of_others: dict[str, AuthStatus | None] = dict.fromkeys(self._others)
        self._asked = False

    async def watch(self) -> None:
        """Ask the CLI again as time goes by, until cancelled."""
        others = itertools.cycle(self._others)
        while True:
            self._auth = await self._ask()
            is_first = not self._asked
            self._asked = True
            for name in self._others if is_first else itertools.islice(others, 1):
                self._auth_of_others[name] = await self._others[name]()
            if is_first:
                self._warn()
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    def _warn(self) -> None:
        """Once, of what the server cannot or should not do with the login that it has found."""
        if not self._cli.is_file():
            log.warning("the Claude CLI is missing; install Towpath again", path=str(self._cli))
        elif self._auth and not self._auth.logged_in:
            log.warning(not_logged_in())
        for name, auth in self._all():
            if self._is_shared and auth and auth.subscription:
                log.warning(
                    "other machines can use this plan login; a plan must not be shared with others",
                    access=name,
                )
            elif name != DEFAULT and auth and not auth.logged_in:
                log.warning("this access is not logged in; the doctor has the command", access=name)

    def report(self) -> HealthReport:
        """The answer of /health."""
        return HealthReport(
            status=self._status(),
            version=__version__,
            mode=self._mode,
            auth=Login(**asdict(self._auth)) if self._auth else Login(),
            accesses=[
                AccessReport(name=name, **(asdict(auth) if auth else {})) for name, auth in self._all()
            ],
            cli=Cli(path=str(self._cli), version=BUNDLED_VERSION, found=self._cli.is_file()),
            sessions={state.value: count for state, count in self._pool.census().items()},
            waiting=self._admission.waiting,
            memory_mb=self._pool.memory_bytes // MIB,
            ledger=self._ledger(),
        )

    def _all(self) -> Iterator[tuple[str, AuthStatus | None]]:
        yield DEFAULT, self._auth
        yield from self._auth_of_others.items()

    def _status(self) -> str:
        if not self._asked:
            return "starting"
        if not self._cli.is_file():
            return "no Claude CLI"
        return "ok" if self._auth and self._auth.logged_in else "not logged in"
