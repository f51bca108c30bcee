"""Load on real processes: nothing is lost, and nothing is left. Scaled down except in the nightly profile.

The proxy runs in this process, so that its tasks and descriptors can be counted.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import psutil
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.fidelity import Json, request, result, seen, sent, user
from tests.support.isolated_proxy import IsolatedProxy, a_key, proxy_at
from tests.support.processes import wait_until
from tests.support.profiles import TIMEOUT_SECONDS, scaled
from tests.support.proxy import calls_of
from towpath.server.app import create_app
from towpath.sessions.memory_budget import MIB, NEW_PROCESS_BYTES
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

pytestmark = [pytest.mark.cli, pytest.mark.slow, pytest.mark.timeout(TIMEOUT_SECONDS)]

IDLE_SECONDS = 2
# How many run at once, and how many the budget is for.
PLACES = scaled(2, 8)


class Watched:
    """An application whose event loop can be looked into from another thread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    def tasks(self) -> int:
        assert self.loop
        return len(asyncio.all_tasks(self.loop))


@dataclass(frozen=True)
class Left:
    """What could leak."""

    processes: int
    folders: int
    descriptors: int
    tasks: int


@dataclass
class WatchedProxy:
    """A proxy whose idle processes end soon, and what it has."""

    own: IsolatedProxy
    watched: Watched
    before: Left | None = None

    def left(self) -> Left:
        return Left(
            processes=len(self.own.processes),
            folders=sum(1 for _ in self.own.state_dir.glob("run/*/*")),
            descriptors=psutil.Process().num_fds(),
            tasks=self.watched.tasks(),
        )

    def is_as_before(self) -> bool:
        now, before = self.left(), self.before
        assert before
        return (now.processes, now.folders) == (0, 0) and (
            now.descriptors <= before.descriptors and now.tasks <= before.tasks
        )

    def expect_nothing_left(self) -> None:
        """All is as it was before, soon after the last client has gone."""
        try:
            wait_until(self.is_as_before)
        except AssertionError:
            raise AssertionError(f"left: {self.left()}, before: {self.before}") from None


@pytest.fixture(scope="module")
def served(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedProxy]:
    """A proxy with little room, and a look at it all the time."""
    own = settings.model_copy(
        update={
            "state_dir": tmp_path_factory.mktemp("load"),
            "idle_timeout_seconds": IDLE_SECONDS,
            "parked_timeout_seconds": IDLE_SECONDS,
            "max_concurrent": PLACES,
            "memory_budget_mb": PLACES * NEW_PROCESS_BYTES // MIB,
        }
    )
    watched = Watched(create_app(own, ask_login=a_key))
    with serve_in_thread(watched) as url, proxy_at(url, own) as at:
        proxy = WatchedProxy(at, watched)
        # All that is opened once is open after a first conversation.
        asyncio.run(converse(url, "first"))
        yield proxy


@pytest.fixture
def proxy(served: WatchedProxy, api: ScriptedApi) -> WatchedProxy:
    """It when it is quiet."""
    wait_until(lambda: (served.left().processes, served.left().folders) == (0, 0))
    served.before = served.left()
    api.clear()
    return served


async def ask(http: httpx.AsyncClient, messages: list[Json], name: str) -> Json:
    body = request(messages, metadata={"user_id": name})
    response = await http.post("/v1/messages", json=body)
    assert response.status_code == 200, response.text
    reply: Json = response.json()
    return reply


async def converse(url: str, name: str) -> list[Json]:
    """A conversation of three requests: a call, its result, a word. Returns it with its last answer."""
    async with httpx.AsyncClient(base_url=url, timeout=300) as http:
        messages = [user(f'CALL read {{"path": "{name}"}}')]
        for number in range(3):
            reply = await ask(http, messages, name)
            messages.append({"role": "assistant", "content": reply["content"]})
            if number == 0:
                messages.append(user(*(result(call, f"found {name}") for call in calls_of(reply))))
            elif number == 1:
                assert reply["content"][0]["text"] == f"Results: found {name}"
                messages.append(user(f"SAY goodbye {name}"))
        assert messages[-1]["content"][0]["text"] == f"goodbye {name}"
        return messages


async def abandon(url: str, name: str, events: int) -> None:
    """Ask for a long answer, and leave after some lines of it."""
    async with httpx.AsyncClient(base_url=url, timeout=300) as http:
        body = request([user(f"REPEAT 5000 {name}")], stream=True, metadata={"user_id": name})
        async with http.stream("POST", "/v1/messages", json=body) as response:
            assert response.status_code == 200
            lines = response.aiter_lines()
            for _ in range(events):
                await anext(lines)


async def many(url: str, names: list[str], at_once: int) -> list[list[Json]]:
    gate = asyncio.Semaphore(at_once)

    async def one(name: str) -> list[Json]:
        async with gate:
            return await converse(url, name)

    return await asyncio.gather(*(one(name) for name in names))


def expect_all_was_seen(api: ScriptedApi, conversations: list[list[Json]]) -> None:
    """The model saw each request of each conversation once, with exactly its messages."""
    expected = [sent(messages[:end]) for messages in conversations for end in (1, 3, 5)]
    received = [seen(exchange.body) for exchange in api.exchanges]

    assert len(received) == len(expected)
    assert sorted(map(written, received)) == sorted(map(written, expected))


def written(messages: list[Json]) -> str:
    return json.dumps(messages, sort_keys=True)


def test_abandoned_streams_leave_nothing(proxy: WatchedProxy) -> None:
    count, at_once = scaled(3, 200), 2 * PLACES
    names = [f"left{number}" for number in range(count)]

    async def leave_all() -> None:
        for start in range(0, count, at_once):
            few = names[start : start + at_once]
            await asyncio.gather(*(abandon(proxy.own.url, name, 1 + i * 7) for i, name in enumerate(few)))

    asyncio.run(leave_all())

    asyncio.run(converse(proxy.own.url, "next"))
    proxy.expect_nothing_left()


@pytest.mark.nightly
def test_conversations_one_after_another_leave_nothing(proxy: WatchedProxy, api: ScriptedApi) -> None:
    names = [f"turn{number}" for number in range(500)]

    held = asyncio.run(many(proxy.own.url, names, at_once=1))

    expect_all_was_seen(api, held)
    proxy.expect_nothing_left()


def test_many_at_once_keep_to_the_budget_and_lose_nothing(proxy: WatchedProxy, api: ScriptedApi) -> None:
    names = [f"crowd{number}" for number in range(scaled(4, 50))]
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, await asyncio.to_thread(lambda: len(proxy.own.processes)))
            await asyncio.sleep(0.2)

    async def crowd() -> list[list[Json]]:
        watching = asyncio.create_task(watch())
        try:
            return await many(proxy.own.url, names, at_once=len(names))
        finally:
            watching.cancel()

    held = asyncio.run(crowd())

    expect_all_was_seen(api, held)
    assert most <= 2 * PLACES, "as many as run, and as many as are still ending"
    proxy.expect_nothing_left()
