"""Spares: a new conversation of a known kind finds a process ready, and nothing else changes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from tests.support.fidelity import image, prefix_of, result, seen, sent, text, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import kill, wait_until
from tests.support.proxy import Client, calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def spare_settings(own_settings: Settings) -> Settings:
    """Settings that keep one spare."""
    return own_settings.model_copy(update={"spares": 1})


@pytest.fixture
def proxy(spare_settings: Settings, api: ScriptedApi) -> Iterator[IsolatedProxy]:
    """A proxy of the test's own that keeps one spare."""
    with isolated_proxy(spare_settings) as proxy:
        yield proxy


def client_of(proxy: IsolatedProxy, **fields: Any) -> Client:
    """A client that begins conversations of one and the same kind, unless ``fields`` make it another."""
    return proxy.client(metadata={"user_id": "agent"}, **fields)


def begin_and_wait_for_spare(proxy: IsolatedProxy) -> set[psutil.Process]:
    """Make the kind of conversation known; the processes that are there once its spare is."""
    client_of(proxy).say(user("hello"))
    return processes(proxy, 2)


def processes(proxy: IsolatedProxy, count: int) -> set[psutil.Process]:
    """Its processes, once there are this many and one is a spare."""
    wait_until(lambda: proxy.sessions["spare"] == 1 and len(proxy.processes) == count)
    return set(proxy.processes)


def test_a_conversation_of_a_known_kind_takes_the_spare(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    before = begin_and_wait_for_spare(proxy)
    client = client_of(proxy)
    client.say(user("first", "with a second block"))
    client.say(user("more"))

    assert client.ways == ["resume", "resume"]
    assert client.reasons[0] == "a spare waited for such a conversation"
    assert len(api.exchanges) == 3  # a spare asks the model nothing on its own
    assert seen(api.last) == sent(client.messages[:-1])
    assert before <= set(proxy.processes)


def test_a_spare_asks_the_model_what_a_new_process_asks(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    begin_and_wait_for_spare(proxy)
    client_of(proxy).say(user("hello"))

    started, spared = (exchange.body for exchange in api.exchanges)
    assert spared == started


def test_the_calls_of_a_spare_are_answered(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    begin_and_wait_for_spare(proxy)
    client = client_of(proxy)
    first, second = calls_of(client.say(user('CALL read {"path": "a"}\nCALL Bash {"path": "b"}')))
    client.say(user(result(second, "two"), result(first, "one"), text("and more")))

    assert client.ways == ["resume", "answer"]
    assert seen(api.last) == sent(client.messages[:-1])


def test_what_a_spare_began_goes_on_in_a_new_process_with_the_same_prefix(
    api: ScriptedApi, proxy: IsolatedProxy
) -> None:
    before = begin_and_wait_for_spare(proxy)
    client = client_of(proxy)
    client.say(user("one"))
    for process in before:
        kill(process)
    client.say(user("two"))

    assert client.ways == ["resume", "start"]
    earlier, later = api.exchanges[-2].body, api.last
    assert prefix_of(earlier, 1) == prefix_of(later, 1)
    assert (earlier["system"], earlier["tools"]) == (later["system"], later["tools"])


def test_a_used_spare_is_replaced(proxy: IsolatedProxy) -> None:
    before = begin_and_wait_for_spare(proxy)
    client_of(proxy).say(user("hello"))

    assert len(processes(proxy, 3) - before) == 1


def test_a_spare_that_died_is_not_handed_out(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    spare = max(begin_and_wait_for_spare(proxy), key=psutil.Process.create_time)
    kill(spare)
    client = client_of(proxy)
    client.say(user("hello"))

    assert client.ways == ["start"]
    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(client.messages[:-1])


def test_one_spare_serves_one_of_two_conversations(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    begin_and_wait_for_spare(proxy)
    clients = [client_of(proxy), client_of(proxy)]
    with ThreadPoolExecutor() as threads:
        replies = list(threads.map(lambda c: c.say(user(f"SAY {id(c)}")), clients))

    assert sorted(client.ways[0] for client in clients) == ["resume", "start"]
    assert [reply["content"][0]["text"] for reply in replies] == [str(id(client)) for client in clients]
    assert len(api.exchanges) == 3


def test_an_image_at_the_beginning_does_not_take_the_spare(api: ScriptedApi, proxy: IsolatedProxy) -> None:
    begin_and_wait_for_spare(proxy)
    client = client_of(proxy)
    client.say(user("see", image()))

    assert client.ways == ["start"]
    assert seen(api.last) == sent(client.messages[:-1])


def test_a_spare_is_for_its_own_kind_alone(proxy: IsolatedProxy) -> None:
    """What makes a kind: tests/core/test_launch.py."""
    begin_and_wait_for_spare(proxy)
    client = client_of(proxy, tools=[])
    client.say(user("hello"))

    assert client.ways == ["start"]


def test_a_kind_that_is_not_used_any_more_loses_its_spare(spare_settings: Settings) -> None:
    with isolated_proxy(spare_settings.model_copy(update={"idle_timeout_seconds": 4})) as proxy:
        begin_and_wait_for_spare(proxy)
        wait_until(lambda: proxy.processes == [])

        assert proxy.sessions["spare"] == 0


def test_a_small_budget_in_the_middle_of_conversations_changes_no_answer(
    api: ScriptedApi, spare_settings: Settings
) -> None:
    with isolated_proxy(spare_settings.model_copy(update={"memory_budget_mb": 0})) as proxy:
        clients = [client_of(proxy), client_of(proxy)]
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
        assert len(proxy.processes) <= 1
