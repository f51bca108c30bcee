"""A proxy with a state folder of its own, and the check that a fault has left nothing behind."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil

from tests.support.fidelity import Json, user
from tests.support.processes import cli_processes, wait_until
from tests.support.proxy import Client
from towpath.agent.process import AgentProcess
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import serve_in_thread


@dataclass(frozen=True)
class Stand:
    """A proxy that answers at ``http``, and where its files are."""

    http: httpx.Client
    state_dir: Path

    def client(self, **fields: Any) -> Client:
        return Client(self.http, **fields)

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


def events(response: httpx.Response) -> Iterator[Json]:
    """The events of a stream as they come."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield orjson.loads(line[6:])


@contextmanager
def stand(settings: Settings) -> Iterator[Stand]:
    """A proxy in this process."""
    with serve_in_thread(create_app(settings)) as url, at(url, settings) as own:
        yield own


@contextmanager
def at(url: str, settings: Settings) -> Iterator[Stand]:
    """The proxy that serves there with these settings."""
    with httpx.Client(base_url=url, timeout=60) as http:
        yield Stand(http, settings.state_dir)
