"""The driver, with a scripted API in place of a proxy: what it sends, in which order, what is an error."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest
from starlette.types import Receive, Scope, Send

from towpath.bench.cases import select
from towpath.bench.client import Answer, ExchangeError, Target, phases_of
from towpath.bench.driver import Driver
from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread

HELLO = {"type": "text", "text": "Hello."}
BODY = {
    "model": "m",
    "max_tokens": 9,
    "stream": True,
    "messages": [{"role": "user", "content": "CALL read {}"}],
}


@pytest.fixture
def served() -> Iterator[dict[str, tuple[ScriptedApi, str]]]:
    """Two targets."""
    with ExitStack() as running:
        apis = {name: ScriptedApi() for name in ("direct", "other")}
        yield {n: (api, running.enter_context(serve_in_thread(api.app))) for n, api in apis.items()}


def run(served: dict[str, tuple[ScriptedApi, str]], *names: str, rounds: int = 1) -> Driver:
    async def measure() -> Driver:
        driver = Driver(rounds, 0, "run")
        for step in select(names):
            await driver.run(step, [Target(name, url) for name, (_, url) in served.items()])
        return driver

    return asyncio.run(measure())


def ask(url: str) -> Answer:
    async def once() -> Answer:
        target = Target("direct", url)
        try:
            return await target.ask(BODY)
        finally:
            await target.close()

    return asyncio.run(once())


def test_an_answer_has_its_content_and_its_moments(served: dict[str, tuple[ScriptedApi, str]]) -> None:
    answer = ask(served["direct"][1])

    assert [block["type"] for block in answer.content] == ["text", "tool_use"]
    assert answer.sent < answer.first_event <= answer.last_event
    assert answer.events == 10  # no ping
    assert answer.way is None


def test_what_a_target_says_of_its_time_is_read() -> None:
    header = 'read;dur=0.4, queue;desc="a b";dur=12, model;dur=3.5;desc=x, miss'

    assert phases_of(header) == {"read": 0.4, "queue": 12, "model": 3.5}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Failure(529, "overloaded_error", "Overloaded"), "529: .*Overloaded"),
        (Reply((HELLO,), cut_after_events=3), "RemoteProtocolError"),
        (
            Reply((HELLO,), error_after_events=(2, {"type": "api_error", "message": "no"})),
            "error event: .*no",
        ),
        (Reply((HELLO,), error_after_events=(0, {"type": "x", "message": "y"})), "error event"),
    ],
)
def test_what_is_no_whole_message_is_an_error(
    served: dict[str, tuple[ScriptedApi, str]], script: Reply | Failure, words: str
) -> None:
    served["direct"][0].reply(script)

    with pytest.raises(ExchangeError, match=words):
        ask(served["direct"][1])


def test_a_stream_that_just_ends_is_an_error() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'data: {"type": "message_start"}\n\n'})

    with serve_in_thread(app) as url, pytest.raises(ExchangeError, match="message_stop"):
        ask(url)


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(ExchangeError, match="ConnectError"):
        ask("http://127.0.0.1:9")


@pytest.mark.slow
def test_all_steps_at_both_targets_and_every_request_is_answered(
    served: dict[str, tuple[ScriptedApi, str]],
) -> None:
    driver = run(served)

    counts = {step: {len(s.seconds) for s in by.values()} for step, by in driver.results.items()}
    assert counts == {
        "first of an unknown kind": {1},
        "first of a known kind": {1},
        "answer, one result": {1},
        "answer, two results": {1},
        "answer, five results": {1},
        "answer, 20 results": {1},
        "resume": {1},
        "cold start, 20 messages": {1},
        "cold start, 400 messages": {1},
        "cold start, 1,000 messages": {1},
        "resume, 1,000 messages, 5 MB": {2},
        **{f"1 at once, {kind}": {1} for kind in ("first", "answer", "resume")},
        **{f"5 at once, {kind}": {5} for kind in ("first", "answer", "resume")},
        **{f"20 at once, {kind}": {20} for kind in ("first", "answer", "resume")},
        "events per second": {4},
    }
    assert not [error for by in driver.results.values() for s in by.values() for error in s.errors]
    flow = driver.results["events per second"]["other"].flow
    assert flow
    assert flow.events >= 20_000
    assert flow.seconds > 0
    assert driver.requests == {name: len(api.exchanges) for name, (api, _) in served.items()}


def test_both_targets_get_the_same_steps_but_never_the_same_conversation(
    served: dict[str, tuple[ScriptedApi, str]],
) -> None:
    run(served, "answer, two results", "resume", rounds=2)
    bodies = {name: [e.body["messages"] for e in api.exchanges] for name, (api, _) in served.items()}

    assert [len(m) for m in bodies["direct"]] == [len(m) for m in bodies["other"]] == [1, *[1, 3] * 2] * 2
    openings = [messages[0]["content"] for both in bodies.values() for messages in both if len(messages) == 1]
    assert len(openings) == len(set(openings))


def test_the_order_turns_with_each_round(served: dict[str, tuple[ScriptedApi, str]]) -> None:
    order: list[str] = []
    for name, (api, _) in served.items():

        def note(_body: object, name: str = name) -> Reply:
            order.append(name)
            return Reply((HELLO,))

        api.reply(*[note] * 4)

    run(served, "first of a known kind", rounds=3)

    assert order == ["direct", "other", "direct", "other", "other", "direct", "direct", "other"]


def test_a_conversation_ends_with_its_first_error(served: dict[str, tuple[ScriptedApi, str]]) -> None:
    api = served["other"][0]
    api.reply(Reply((HELLO,)), Failure(500, "api_error", "broken"))

    results = run(served, "1 at once", rounds=2).results

    assert len(api.exchanges) == 1 + 1 + 3
    found = {row: (len(by["other"].seconds), len(by["other"].errors)) for row, by in results.items()}
    assert found == {
        "1 at once, first": (1, 1),
        "1 at once, answer": (1, 0),
        "1 at once, resume": (1, 0),
    }
    assert [len(by["direct"].seconds) for by in results.values()] == [2, 2, 2]


def test_what_was_prepared_in_vain_is_not_measured(served: dict[str, tuple[ScriptedApi, str]]) -> None:
    api = served["other"][0]
    api.reply(Reply((HELLO,)), Failure(500, "api_error", "broken"))

    samples = run(served, "answer, one result").results["answer, one result"]

    assert len(api.exchanges) == 2
    assert (len(samples["other"].seconds), len(samples["other"].errors)) == (0, 1)
    assert (len(samples["direct"].seconds), len(samples["direct"].errors)) == (1, 0)


@pytest.mark.slow
def test_a_process_is_looked_at_after_the_step(served: dict[str, tuple[ScriptedApi, str]]) -> None:
    async def measure() -> Driver:
        urls = {name: url for name, (_, url) in served.items()}
        targets = [Target("direct", urls["direct"]), Target("other", urls["other"], psutil.Process())]
        driver = Driver(1, 0, "run")
        await driver.run(select(["events"])[0], targets)
        return driver

    samples = asyncio.run(measure()).results["events per second"]

    assert samples["direct"].usage is None
    assert samples["other"].usage
    assert samples["other"].usage.memory_mb > 1
    assert samples["other"].cpu_seconds
    assert samples["other"].rss_after_mb
