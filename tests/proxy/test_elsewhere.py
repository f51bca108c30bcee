"""A conversation that comes from elsewhere, the first of its directory and model: what the CLI adds to it
stands beside what the client sent, never inside it."""

from itertools import pairwise

import httpx
import pytest

from tests.support.fidelity import (
    Json,
    added,
    assistant,
    call,
    image,
    prefix_of,
    result,
    seen,
    sent,
    text,
    user,
)
from tests.support.isolated_proxy import IsolatedProxy
from tests.support.profiles import by_day
from tests.support.proxy import Client
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

CALLED = [user("a"), assistant("b", call("t1"), call("t2"))]
ENDS: dict[str, Json] = {
    "results": user(result("t1", "one"), result("t2", "two")),
    "blocks": user(result("t1", "one"), result("t2", [text("two"), text("three")])),
    "an image": user(result("t1", "one"), result("t2", [text("two"), image()])),
    "an error": user(result("t1", "one"), result("t2", "bad", is_error=True)),
    "an empty result": user(result("t1", "one"), result("t2", [])),
    "text after results": user(result("t1", "one"), result("t2", "two"), "go on"),
}


@pytest.fixture
def http(proxy: IsolatedProxy) -> httpx.Client:
    """A client of a proxy that knows nothing of any environment yet."""
    return proxy.http


@pytest.mark.parametrize("model", by_day(["claude-opus-5-5"], ["claude-sonnet-4-5", "claude-opus-5-5"]))
@pytest.mark.parametrize("end", by_day(["results", "an image", "an empty result"], ENDS))
def test_reminders_stand_beside_results(end: str, model: str, api: ScriptedApi, http: httpx.Client) -> None:
    messages = [*CALLED, ENDS[end]]
    Client(http, model=model).ask(messages)

    assert seen(api.last) == sent(messages)
    assert added(api.last)


def test_they_stay_at_their_place_on_each_way(api: ScriptedApi, http: httpx.Client) -> None:
    client = Client(http)
    client.messages = list(CALLED)
    api.reply(Reply((call("t3"),)))
    client.say(ENDS["results"])
    client.say(user(result("t3", "three")))
    client.say(user("and"))
    client.ask([*client.messages[:-2], user("or")])

    assert client.ways == ["start", "answer", "resume", "start"]
    bodies = [exchange.body for exchange in api.exchanges]
    assert prefix_of(bodies[2], 6) == prefix_of(bodies[3], 6)
    for earlier, later in pairwise(bodies[:3]):
        count = len(earlier["messages"])
        assert prefix_of(earlier, count) == prefix_of(later, count)
