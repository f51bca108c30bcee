"""Calls that nobody answers: their processes give way, and what a conversation costs does not change."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.support.fidelity import Json, added, prefix_of, result, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

FORCED: Json = {"tool_choice": {"type": "tool", "name": "read"}}


@pytest.fixture
def proxy(own_settings: Settings, api: ScriptedApi) -> Iterator[IsolatedProxy]:
    """A proxy of the test's own that has room for some six processes."""
    changes = {"memory_budget_mb": 900, "idle_timeout_seconds": 600}
    with isolated_proxy(own_settings.model_copy(update=changes)) as proxy:
        yield proxy


def test_structured_output_leaves_the_idle_conversations_their_processes(proxy: IsolatedProxy) -> None:
    chats = [proxy.client(), proxy.client()]
    for chat in chats:
        chat.say(user("hello"))
    for number in range(8):
        calls_of(proxy.client(**FORCED).say(user(f"extract {number}")))
    for chat in chats:
        chat.say(user("go on"))

    assert [chat.ways for chat in chats] == [["start", "resume"]] * 2
    assert proxy.sessions["parked"] < 8


def test_a_client_that_leaves_the_text_out_leaves_no_process_and_keeps_its_prefix(
    proxy: IsolatedProxy, api: ScriptedApi
) -> None:
    """It answers at once, while the process that called is still writing down what it added."""
    client = proxy.client()
    messages: list[Json] = [user('SAY I look.\nCALL read {"path": "a"}')]
    for step in range(4):
        reply = client.ask(messages)
        calls = [block for block in reply["content"] if block["type"] == "tool_use"]
        results = [result(call["id"], f"r{step}") for call in calls]
        messages += [
            {"role": "assistant", "content": calls},
            user(*results, 'SAY So.\nCALL read {"path": "b"}'),
        ]

    assert client.reasons[1:] == [
        f"no session holds this conversation: message {number} changed" for number in (2, 4, 6)
    ]
    assert proxy.sessions["parked"] == 1
    wait_until(lambda: len(proxy.processes) == 1)
    for earlier, later in pairwise(exchange.body for exchange in api.exchanges):
        shared = len(earlier["messages"])
        assert prefix_of(earlier, shared) == prefix_of(later, shared)
        assert added(earlier) == added(later)


def test_a_request_is_told_why_its_session_ended(proxy: IsolatedProxy) -> None:
    client = proxy.client()
    client.say(user("hello"))
    for process in proxy.processes:
        process.kill()
    wait_until(lambda: proxy.sessions["idle"] == 0)
    client.say(user("go on"))

    assert client.reasons[1] == "no session holds this conversation: its session ended, its process died"
