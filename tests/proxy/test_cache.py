"""The prompt cache: what each way reads of it, and what is said when it was not read.

The far end has a cache as the API's documentation describes it (towpath.testing.PromptCache).
"""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.fidelity import TOOLS, Json, assistant, image, result, text, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import Client, calls_of
from towpath.settings import Settings
from towpath.testing import PromptCache, Reply, ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli

MANY = 10  # calls of one message: with their results, more blocks than a cache mark looks back


class Clock:
    """The time for the proxy and for the API, of which some can be skipped."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.time() + self.skipped


@pytest.fixture
def clock() -> Clock:
    """The time, which the test moves."""
    return Clock()


@pytest.fixture
def api(clock: Clock) -> ScriptedApi:
    """A scripted API with a prompt cache, by that clock."""
    return ScriptedApi(PromptCache(clock))


@pytest.fixture
def proxy(own_settings: Settings, api: ScriptedApi, clock: Clock) -> Iterator[IsolatedProxy]:
    """A proxy of the test's own, whose upstream has a prompt cache and the same clock."""
    with serve_in_thread(api.app) as upstream:
        own = own_settings.model_copy(update={"upstream_base_url": upstream})
        with isolated_proxy(own, clock=clock) as proxy:
            yield proxy


@pytest.fixture
def http(proxy: IsolatedProxy) -> httpx.Client:
    """A client of the proxy in front of it."""
    return proxy.http


@pytest.fixture
def client(http: httpx.Client) -> "CacheClient":
    """A conversation that also looks at the cache's header."""
    return CacheClient(http)


class CacheClient(Client):
    """A client that also looks at the cache's header."""

    def post(self, messages: list[Json], **fields: Any) -> httpx.Response:
        response = super().post(messages, **fields)
        self.header = response.headers.get("x-towpath-cache", "")
        usage = response.json()["usage"]
        self.usage: Json = usage
        self.read: int = usage["cache_read_input_tokens"]
        self.held: int = self.read + usage["cache_creation_input_tokens"]
        return response

    @property
    def note(self) -> str:
        figures, _, note = self.header.partition("; miss=")
        assert figures == f"read={self.read} write={self.held - self.read}"
        return str(note)


def misses(http: httpx.Client) -> dict[str, float]:
    """The metric by cause."""
    families = text_string_to_metric_families(http.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {s.labels["cause"]: s.value for s in samples if s.name == "towpath_cache_misses_total"}


def test_every_way_reads_all_that_was_kept(client: CacheClient, http: httpx.Client, api: ScriptedApi) -> None:
    """What the CLI sends is the same up to the last cache mark, whichever process sends it."""

    def say(message: Json, **fields: Any) -> Json:
        held = client.held
        reply = client.say(message, **fields)
        assert (client.read, client.note) == (held, "")
        return reply

    client.say(user("one"))
    assert client.read == 0
    assert client.note == ""  # the first of its kind
    say(user("two"))
    calls = calls_of(say(user('CALL read {"path": "a"}\nCALL Bash {"path": "b"}')))
    say(user(*(result(each, "r") for each in calls)))
    api.reply(Reply(({"type": "thinking", "thinking": "hm", "signature": "c2ln"}, text("thought"))))
    say(user("three"))
    client.another_launch()
    say(user("four"))
    say(user("see", image()))
    (call,) = calls_of(say(user('CALL read {"path": "c"}'), max_tokens=999))
    client.another_launch()
    say(user(result(call, "r"), "and a text"))

    assert client.ways == [
        *("start", "resume", "resume", "answer", "resume"),
        *("start", "start", "start", "start"),
    ]
    assert misses(http) == {}
    bodies = [exchange.body for exchange in api.exchanges]
    assert {str(body["system"]) for body in bodies} == {str(bodies[0]["system"])}
    assert {tuple(marked(body)) for body in bodies} == {("system", "system", "newest block")}


def marked(body: Json, ttl: str = "5m") -> Iterator[str]:
    """Where the cache marks of a request stand that are to live so long."""
    system, messages = body["system"], [block for m in body["messages"] for block in m["content"]]
    places = {
        "tool": body["tools"],
        "system": system[1:],
        "block": messages[:-1],
        "newest block": messages[-1:],
    }
    for place, blocks in places.items():
        marks = [block["cache_control"] for block in blocks if "cache_control" in block]
        yield from (place for mark in marks if mark.get("ttl", "5m") == ttl)


def test_a_new_conversation_reads_tools_and_system(
    client: CacheClient, http: httpx.Client, api: ScriptedApi
) -> None:
    client.say(user("one"))
    client.say(user("two"))
    other = CacheClient(http)
    other.say(user("another beginning"))

    assert 0 < other.read < client.held
    assert other.note == ""
    first, second = (exchange.body["system"] for exchange in (api.exchanges[0], api.exchanges[-1]))
    assert first[0]["text"] != second[0]["text"]  # the line about accounting (docs/engine.md, K3)
    assert first[1:] == second[1:]


def test_what_changed_is_named(client: CacheClient, http: httpx.Client) -> None:
    fields: Json = {}

    def note_of(messages: list[Json]) -> str:
        client.ask(messages, **fields)
        return client.note

    client.say(user("one"))
    client.say(user("two"))
    fields["system"] = "Another one."
    client.say(user("three"), **fields)
    assert client.note == "system changed"
    fields["tool_choice"] = {"type": "auto"}
    assert note_of([*client.messages, user("four")]) == "parameters changed: tool_choice.type"
    edited = [*client.messages[:3], assistant("You said: something else"), *client.messages[4:]]
    assert note_of([*edited, user("four")]) == "message 4 changed"
    assert note_of([user("uno"), *client.messages[1:], user("four")]) == "message 1 changed"

    assert misses(http) == {"system": 1, "parameters": 1, "message": 2}


def test_a_process_that_was_replaced_is_named_if_it_cost_something(
    client: CacheClient, proxy: IsolatedProxy, api: ScriptedApi
) -> None:
    """A live process holds the thinking that its client has dropped; a new one has what the client sends."""
    client.say(user("one"))
    api.reply(Reply(({"type": "thinking", "thinking": "hm", "signature": "c2ln"}, text("thought"))))
    client.say(user("two"))
    client.messages[-1] = assistant("thought")
    client.say(user("three"))
    assert (client.ways[-1], client.note) == ("resume", "")
    for process in proxy.processes:
        process.kill()  # not waited for: that is the proxy's to do, which runs in this process
    wait_until(lambda: not proxy.sessions["idle"])
    client.say(user("four"))

    assert (client.ways[-1], client.note) == ("start", "process restarted")


def test_what_is_older_than_its_life_is_named(client: CacheClient, http: httpx.Client, clock: Clock) -> None:
    client.say(user("one"))
    clock.skipped += 301
    client.say(user("two"))
    assert (client.read, client.note) == (0, "older than 5 minutes")
    clock.skipped += 299
    client.say(user("three"))
    assert (client.ways[-1], client.note) == ("resume", "")


def test_an_hour_is_kept_for_a_client_that_asks_for_it_anywhere(
    client: CacheClient, api: ScriptedApi, clock: Clock
) -> None:
    """It moves its mark with each request, as clients do, and its processes stay the same."""
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    tools = [*TOOLS[:-1], {**TOOLS[-1], "cache_control": {"type": "ephemeral"}}]

    def say(word: str) -> None:
        client.messages = [
            {**message, "content": [{k: v for k, v in b.items() if k != "cache_control"} for b in said]}
            for message in client.messages
            if (said := message["content"])
        ]
        client.say(user({**text(word), **hour}), tools=tools)

    say("one")
    created = client.usage["cache_creation"]
    assert (created["ephemeral_5m_input_tokens"], created["ephemeral_1h_input_tokens"]) == (0, client.held)
    held = client.held
    clock.skipped += 3500
    say("two")
    assert (client.ways[-1], client.read, client.note) == ("resume", held, "")
    clock.skipped += 3601
    say("three")
    assert (client.ways[-1], client.read, client.note) == ("resume", 0, "older than 1 hour")

    for body in [exchange.body for exchange in api.exchanges]:
        assert list(marked(body)) == []
        assert list(marked(body, "1h")) == ["tool", "system", "system", "newest block"]


def test_more_blocks_than_a_mark_looks_back_are_named(client: CacheClient) -> None:
    client.say(user("one"))
    calls = calls_of(client.say(user("\n".join(f'CALL read {{"path": "{n}"}}' for n in range(MANY)))))
    client.say(user(*(result(each, "r") for each in calls)))

    assert client.note == "20 blocks or more since"
    client.say(user("two"))
    assert client.note == ""
