"""What clients do: they leave, say a thing twice, or only half of it. Rows of docs/reliability.md."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.fidelity import request, result, seen, sent, text, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import calls_of
from tests.support.streams import events
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

TWO_CALLS = user('CALL read {"path": "a"}\nCALL read {"path": "b"}')


@pytest.fixture(scope="module")
def shared_proxy(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IsolatedProxy]:
    """A proxy for this file alone: no other test's sessions are counted."""
    own = {"state_dir": tmp_path_factory.mktemp("clients") / "state"}
    with isolated_proxy(settings.model_copy(update=own)) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared_proxy: IsolatedProxy, api: ScriptedApi) -> IsolatedProxy:
    """The same, under the name that a test's own proxy has elsewhere."""
    return shared_proxy


def test_a_client_that_leaves_before_the_first_byte(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    client.say(user("hello"))
    idle = proxy.sessions["idle"]
    with api.held():
        with pytest.raises(httpx.ReadTimeout):
            ask_and_leave(proxy, request([*client.messages, user("go on")], **client.fields))
        assert len(api.wait_for(2)) == 2
        wait_until(lambda: proxy.sessions["idle"] == idle - 1 and proxy.sessions["running"] == 0)
    client.say(user("again"))

    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])
    proxy.assert_nothing_is_left()


def test_a_client_that_leaves_in_mid_stream(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    api.reply(Reply((text("x" * 4000),), chunk_chars=10, pause_seconds=0.05))
    body = request([user("hello")], stream=True, **client.fields)
    with proxy.http.stream("POST", "/v1/messages", json=body) as response:
        assert next(events(response))["type"] == "message_start"
    wait_until(lambda: proxy.sessions["running"] == 0)
    client.say(user("and now"))

    assert len(api.exchanges) == 2
    assert seen(api.last) == sent(client.messages[:-1])
    proxy.assert_nothing_is_left()


def test_a_client_that_leaves_while_parked_and_comes_back(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    with httpx.Client(base_url=proxy.http.base_url, timeout=60) as other_connection:
        client._http = other_connection
        calls = calls_of(client.say(TWO_CALLS))
    client._http = proxy.http
    client.say(user(*(result(call, "done") for call in calls)))

    assert client.ways == ["start", "answer"]
    proxy.assert_all_is_well()


def test_the_same_results_twice(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    calls = calls_of(client.say(TWO_CALLS))
    messages = [*client.messages, user(*(result(call, "done") for call in calls))]
    first, second = client.ask(messages), client.ask(messages)

    assert client.ways == ["start", "answer", "start"]
    assert first["content"] == second["content"]
    assert [seen(exchange.body) for exchange in api.exchanges[1:]] == [sent(messages)] * 2
    proxy.assert_nothing_is_left()


def test_two_answers_at_once(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    calls = calls_of(client.say(TWO_CALLS))
    answers = [[*client.messages, user(*(result(call, words) for call in calls))] for words in ("one", "two")]
    with ThreadPoolExecutor() as threads, api.held():
        waiting = [threads.submit(client.post, messages) for messages in answers]
        api.wait_for(3)
    replies = [reply.result(timeout=WAIT_SECONDS) for reply in waiting]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert {reply.headers["x-towpath-way"] for reply in replies} == {"answer", "start"}
    for reply, words in zip(replies, ("one", "two"), strict=True):
        assert reply.json()["content"] == [text(f"Results: {words} | {words}")]
    proxy.assert_nothing_is_left()


def test_results_for_half_of_the_calls(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    first, second = calls_of(client.say(TWO_CALLS))
    refused = client.post([*client.messages, user(result(first, "one"))])
    client.say(user(result(first, "one"), result(second, "two")))

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert "`tool_use` ids were found without `tool_result` blocks" in refused.json()["error"]["message"]
    assert second in refused.json()["error"]["message"]
    assert client.ways == ["start", "answer"]
    assert len(api.exchanges) == 2
    proxy.assert_all_is_well()


def test_results_after_the_session_has_ended(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    client = proxy.client()
    calls = calls_of(client.say(TWO_CALLS))
    for process in proxy.processes:
        process.terminate()  # as at the end of parked_timeout_seconds
    wait_until(lambda: sum(proxy.sessions.values()) == 0)
    client.say(user(*(result(call, "done") for call in calls)))

    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])
    proxy.assert_nothing_is_left()


def ask_and_leave(proxy: IsolatedProxy, body: dict[str, object]) -> None:
    """Send a request, and close the connection when nothing has come for a second."""
    with httpx.Client(base_url=proxy.http.base_url, timeout=1) as http:
        http.post("/v1/messages", json=body)
