"""A proxy with a state folder of its own, and the check that a fault has left nothing."""

import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.fidelity import Json, user
from tests.support.processes import cli_processes, wait_until
from tests.support.proxy import Client
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import AuthStatus
from towpath.agent.process import AgentProcess
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import serve_in_thread

AskLogin = Callable[[], Awaitable[AuthStatus | None]]


@dataclass(frozen=True)
class IsolatedProxy:
    """A proxy that answers at ``http``, and where its files are."""

    http: httpx.Client
    state_dir: Path

    def client(self, **fields: Any) -> Client:
        return Client(self.http, **fields)

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    @property
    def processes(self) -> list[psutil.Process]:
        """Its CLIs."""
        return cli_processes(self.state_dir)

    @property
    def sessions(self) -> Json:
        """How many sessions it has in each state."""
        counts: Json = self.http.get("/health").json()["sessions"]
        return counts

    def assert_all_is_well(self) -> None:
        """Every CLI and every folder belongs to a session, and a new conversation is served."""
        assert self.client().say(user("SAY well"))["content"] == [{"type": "text", "text": "well"}]
        self.assert_nothing_is_left()

    def assert_nothing_is_left(self) -> None:
        """Every CLI and every folder belongs to a session. For a test that has seen a new process serve."""
        wait_until(lambda: self._left() == (0, 0, 1))
        wait_until(lambda: self._held() <= sum(self.sessions.values()))

    def _left(self) -> tuple[int, int, int]:
        """CLIs and folders that belong to no session, and how many proxies have folders."""
        proxies = list((self.state_dir / "run").iterdir())
        folders = [folder for proxy in proxies for folder in proxy.iterdir()]
        owned = sum(self.sessions.values())
        return len(self.processes) - owned, len(folders) - owned, len(proxies)

    def _held(self) -> int:
        """How many processes, ended ones included, this program still has in memory, conversation and all."""
        gc.collect()
        found = [one for one in gc.get_objects() if isinstance(one, AgentProcess)]
        return sum(one._folder.is_relative_to(self.state_dir) for one in found)


async def a_key() -> AuthStatus:
    """Who is logged in, without asking the CLI, which would start one: 0.3 s of CPU for each proxy."""
    return AuthStatus(logged_in=True, method="api_key", provider="firstParty")


@contextmanager
def isolated_proxy(
    settings: Settings, *, clock: Callable[[], float] = time.time, ask_login: AskLogin | None = a_key
) -> Iterator[IsolatedProxy]:
    """A proxy in this process, by settings that no other proxy has the state folder of.

    Tests of what the CLI says of its login pass ``ask_login=None``.
    """
    app = create_app(settings, clock=clock, ask_login=ask_login)
    with serve_in_thread(app) as url, proxy_at(url, settings) as own:
        yield own


@contextmanager
def proxy_at(url: str, settings: Settings) -> Iterator[IsolatedProxy]:
    """The proxy that serves there with these settings."""
    with httpx.Client(base_url=url, timeout=WAIT_SECONDS) as http:
        yield IsolatedProxy(http, settings.state_dir)
