"""Spares: a new conversation of a known kind finds a process ready, and nothing else changes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.fidelity import Json, image, prefix_of, result, seen, sent, text, user
from tests.support.processes import cli_processes, kill, wait_until
from tests.support.proxy import Client, calls_of
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli


class Proxy:
    """A proxy of the test's own, and how many spares it has."""

    def __init__(self, http: httpx.Client, state_dir: Path) -> None:
        self.http = http
        self.state_dir = state_dir

    def client(self, **fields: Any) -> Client:
        """A client that begins conversations of one and the same kind, unless ``fields`` make it another."""
        client = Client(self.http)
        client.fields = {"metadata": {"user_id": "agent"}, **fields}
        return client

    def count(self, state: str) -> int:
        """How many sessions are in a state."""
        return int(self.http.get("/health").json()["sessions"][state])

    def begin_and_wait_for_spare(self) -> set[psutil.Process]:
        """Make the kind of conversation known; the processes that are there once its spare is."""
        self.client().say(user("hello"))
        return self.processes(2)

    def processes(self, count: int) -> set[psutil.Process]:
        """Those that are there once one of so many is a spare."""
        wait_until(lambda: self.count("spare") == 1 and len(cli_processes(self.state_dir)) == count)
        return set(cli_processes(self.state_dir))


@contextmanager
def proxy_with(settings: Settings, state_dir: Path, **changes: Any) -> Iterator[Proxy]:
    own = settings.model_copy(update={"state_dir": state_dir, "spares": 1, **changes})
    with serve_in_thread(create_app(own)) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield Proxy(http, state_dir)


@pytest.fixture
def proxy(settings: Settings, tmp_path: Path, api: ScriptedApi) -> Iterator[Proxy]:
    with proxy_with(settings, tmp_path / "state") as own:
        yield own


def test_a_conversation_of_a_known_kind_takes_the_spare(api: ScriptedApi, proxy: Proxy) -> None:
    before = proxy.begin_and_wait_for_spare()
    client = proxy.client()
    client.say(user("first", "with a second block"))
    client.say(user("more"))

    assert client.ways == ["resume", "resume"]
    assert client.reasons[0] == "a spare waited for such a conversation"
    assert len(api.exchanges) == 3  # a spare asks the model nothing by itself
    assert seen(api.last) == sent(client.messages[:-1])
    assert before <= set(cli_processes(proxy.state_dir))


def test_a_spare_asks_the_model_what_a_new_process_asks(api: ScriptedApi, proxy: Proxy) -> None:
    proxy.begin_and_wait_for_spare()
    proxy.client().say(user("hello"))

    started, spared = (exchange.body for exchange in api.exchanges)
    assert spared == started


def test_the_calls_of_a_spare_are_answered(api: ScriptedApi, proxy: Proxy) -> None:
    proxy.begin_and_wait_for_spare()
    client = proxy.client()
    first, second = calls_of(client.say(user('CALL read {"path": "a"}\nCALL Bash {"path": "b"}')))
    client.say(user(result(second, "two"), result(first, "one"), text("and more")))

    assert client.ways == ["resume", "answer"]
    assert seen(api.last) == sent(client.messages[:-1])


def test_what_a_spare_began_goes_on_in_a_new_process_with_the_same_prefix(
    api: ScriptedApi, proxy: Proxy
) -> None:
    before = proxy.begin_and_wait_for_spare()
    client = proxy.client()
    client.say(user("one"))
    for process in before:
        kill(process)
    client.say(user("two"))

    assert client.ways == ["resume", "start"]
    earlier, later = api.exchanges[-2].body, api.last
    assert prefix_of(earlier, 1) == prefix_of(later, 1)
    assert (earlier["system"], earlier["tools"]) == (later["system"], later["tools"])


def test_a_used_spare_is_replaced(proxy: Proxy) -> None:
    before = proxy.begin_and_wait_for_spare()
    proxy.client().say(user("hello"))

    assert len(proxy.processes(3) - before) == 1


def test_a_spare_that_died_is_not_handed_out(api: ScriptedApi, proxy: Proxy) -> None:
    spare = max(proxy.begin_and_wait_for_spare(), key=psutil.Process.create_time)
    kill(spare)
    client = proxy.client()
    client.say(user("hello"))

    assert client.ways == ["start"]
    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(client.messages[:-1])


def test_one_spare_serves_one_of_two_conversations(api: ScriptedApi, proxy: Proxy) -> None:
    proxy.begin_and_wait_for_spare()
    clients = [proxy.client(), proxy.client()]
    with ThreadPoolExecutor() as threads:
        replies = list(threads.map(lambda c: c.say(user(f"SAY {id(c)}")), clients))

    assert sorted(client.ways[0] for client in clients) == ["resume", "start"]
    assert [reply["content"][0]["text"] for reply in replies] == [str(id(client)) for client in clients]
    assert len(api.exchanges) == 3


def test_an_image_at_the_beginning_does_not_take_the_spare(api: ScriptedApi, proxy: Proxy) -> None:
    proxy.begin_and_wait_for_spare()
    client = proxy.client()
    client.say(user("see", image()))

    assert client.ways == ["start"]
    assert seen(api.last) == sent(client.messages[:-1])


@pytest.mark.parametrize("other", [{"max_tokens": 7}, {"tools": []}], ids=["max_tokens", "tools"])
def test_a_spare_is_for_its_own_kind_alone(proxy: Proxy, other: Json) -> None:
    proxy.begin_and_wait_for_spare()
    client = proxy.client(**other)
    client.say(user("hello"))

    assert client.ways == ["start"]


def test_a_kind_that_is_not_used_any_more_loses_its_spare(settings: Settings, tmp_path: Path) -> None:
    with proxy_with(settings, tmp_path / "state", idle_timeout_seconds=4) as proxy:
        proxy.begin_and_wait_for_spare()
        wait_until(lambda: cli_processes(proxy.state_dir) == [])

        assert proxy.count("spare") == 0


def test_a_small_budget_in_the_middle_of_conversations_changes_no_answer(
    api: ScriptedApi, settings: Settings, tmp_path: Path
) -> None:
    with proxy_with(settings, tmp_path / "state", memory_budget_mb=0) as proxy:
        clients = [proxy.client(), proxy.client()]
        for client in clients:
            (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
            client.messages.append(user(result(call, "one")))
        for client in clients:
            reply = client.ask(client.messages)
            assert reply["content"][0]["text"] == "Results: one"
            assert seen(api.last) == sent(client.messages)

        # Each process made the one that rested before it end.
        assert [client.ways for client in clients] == [["start", "start"], ["start", "start"]]
        assert len(api.exchanges) == 4
        assert len(cli_processes(proxy.state_dir)) <= 1
