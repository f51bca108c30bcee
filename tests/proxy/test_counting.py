"""How many tokens a conversation has: the API's count with a key of the operator's, else the CLI's."""

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import httpx
import orjson
import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.support.fidelity import TOOLS, Json, assistant, call, image, request, result, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import cli_processes
from tests.support.proxy import Client
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.token_estimate import context_tokens
from towpath.core.launch import Launch
from towpath.core.reading.request import parse_count
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread
from towpath.testing.stream import estimated_tokens

COUNT = "/v1/messages/count_tokens"
MESSAGES = [
    user("one"),
    assistant("two", call("t1", path="a")),
    user(result("t1", "three"), image()),
]


def countable(messages: list[Json], **fields: Any) -> Json:
    body = request(messages, **fields)
    del body["max_tokens"]
    return body


def test_the_official_sdk_gets_the_apis_own_count(proxy_url: str, api: ScriptedApi) -> None:
    with anthropic.Anthropic(base_url=proxy_url, api_key="the-clients", max_retries=0) as client:
        answer = client.messages.with_raw_response.count_tokens(
            model="claude-sonnet-4-6",
            system=[{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
            tools=TOOLS,  # type: ignore[arg-type]
            messages=MESSAGES,  # type: ignore[arg-type]
            extra_headers={"anthropic-beta": "some-beta"},
        )

    (counted,) = api.exchanges
    assert answer.headers["x-towpath-count"] == "exact"
    assert answer.parse().input_tokens == estimated_tokens(counted.body)
    assert counted.body == {
        "model": "claude-sonnet-4-6",
        "system": "one\n\ntwo",  # as it goes out (docs/engine.md, N6)
        "tools": TOOLS,
        "messages": MESSAGES,
    }
    assert counted.headers["x-api-key"] == "dummy"
    assert counted.headers["anthropic-beta"] == "some-beta"
    assert "the-clients" not in str(counted.headers)


@pytest.mark.parametrize("path", ["/messages/count_tokens", "/v1/v1/messages/count_tokens"])
def test_other_base_urls_lead_to_the_same(http: httpx.Client, api: ScriptedApi, path: str) -> None:
    assert http.post(f"{path}?beta=true", json=countable(MESSAGES)).json()["input_tokens"] > 1
    assert api.exchanges[0].path == COUNT


@pytest.mark.parametrize(
    ("fields", "named"), [({"max_tokens": 9}, "max_tokens"), ({"messages": []}, "messages")]
)
def test_an_error_names_the_field(http: httpx.Client, api: ScriptedApi, fields: Json, named: str) -> None:
    refused = http.post(COUNT, json={**countable(MESSAGES), **fields})

    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")
    assert refused.json()["error"]["message"].startswith(f"{named}: ")
    assert api.exchanges == []


def test_many_at_once_wait_for_each_other(tmp_path: Path) -> None:
    upstream = Crowded()
    with serve_in_thread(upstream) as base_url:
        settings = Settings(
            upstream_base_url=base_url, state_dir=tmp_path, spares=0, max_concurrent=2, max_waiting=16
        )
        with isolated_proxy(settings) as proxy, ThreadPoolExecutor(18) as threads:
            counts = list(threads.map(lambda _: proxy.http.post(COUNT, json=countable(MESSAGES)), range(18)))

    assert {count.status_code for count in counts} == {200}
    assert upstream.most == 2


class Crowded:
    """The scripted API, which notes how many it serves at most at once: two, or it answers nobody."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._two = asyncio.Event()
        self._app = ScriptedApi().app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "POST":  # a CLI that is asked who is logged in greets the API (HEAD)
            await self._app(scope, receive, send)
            return

        async def send_and_count(message: Message) -> None:
            # Before it is sent: a client that has the end of an answer may already ask again.
            self._now -= message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        self._now += 1
        self.most = max(self.most, self._now)
        if self._now > 1:
            self._two.set()
        await self._two.wait()  # the first one waits for company
        await self._app(scope, receive, send_and_count)


@pytest.mark.cli
def test_a_short_name_is_counted_as_the_model_that_the_cli_takes(
    http: httpx.Client, api: ScriptedApi
) -> None:
    assert http.post(COUNT, json=countable(MESSAGES, model="opus")).status_code == 200
    assert api.last["model"].startswith("claude-opus-")


@pytest.mark.cli
def test_c4_what_an_answer_reports_is_the_count_and_a_constant(http: httpx.Client, api: ScriptedApi) -> None:
    client, more = Client(http), []
    for said in ("one", "two", "three " * 100):
        reply = client.say(user(f"SAY {said}"))
        counted = http.post(COUNT, json=countable(client.messages[:-1])).json()["input_tokens"]
        more.append(reply["usage"]["input_tokens"] - counted)

    assert max(more) - min(more) <= 1  # both are rounded
    assert 0 < min(more) < 600


def estimate(body: Json, folder: Path, upstream: Mapping[str, str]) -> Any:
    counted = parse_count(orjson.dumps(body))
    launch = Launch(counted.model, "\n\n".join(counted.system), {"tools": list(counted.tools)}, str(folder))
    own = folder / "count-1"
    return context_tokens(launch, counted.messages, own, upstream, timeout_seconds=60)


@pytest.mark.cli
async def test_c1_the_cli_asks_the_api_for_messages_and_for_the_system_prompt(
    scripted_api: tuple[ScriptedApi, str], api: ScriptedApi, tmp_path: Path
) -> None:
    upstream = cli_environment(Upstream(scripted_api[1], "dummy"), os.environ)

    tokens = await estimate(countable(MESSAGES), tmp_path, upstream)

    assert {exchange.path for exchange in api.exchanges} == {COUNT}
    bodies = sorted((exchange.body for exchange in api.exchanges), key=estimated_tokens, reverse=True)
    system, messages = bodies[0]["messages"][0]["content"], bodies[1]["messages"]
    assert system.startswith("You are a test.\n\n[")
    assert orjson.loads(system.partition("\n\n")[2]) == TOOLS
    assert [len(message["content"]) for message in messages[:3]] == [1, 2, 2]
    assert messages[3:] == [assistant("No response requested.")]  # what it puts after a user's message
    assert tokens == sum(map(estimated_tokens, bodies[:2]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.cli
async def test_c2_without_an_answer_of_the_api_the_cli_goes_by_the_size(tmp_path: Path) -> None:
    asked: list[str] = []

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})

    body = countable([user("word " * 4000)])
    with serve_in_thread(http_only(nothing)) as url:
        tokens = await estimate(body, tmp_path, cli_environment(Upstream(url, "dummy"), os.environ))

    assert set(asked) == {COUNT}  # no model is called for it
    assert tokens == pytest.approx(len(orjson.dumps(body)) / 4, rel=0.5)


def http_only(app: Any) -> Any:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    return served


@pytest.mark.cli
async def test_c3_a_count_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    is_asked = threading.Event()

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        is_asked.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    with serve_in_thread(http_only(silent)) as url:
        upstream = cli_environment(Upstream(url, "dummy"), os.environ)
        counting = asyncio.ensure_future(estimate(countable(MESSAGES), tmp_path, upstream))
        assert await asyncio.to_thread(is_asked.wait, 30)
        assert len(cli_processes(tmp_path)) == 1
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)

        assert cli_processes(tmp_path) == []
        assert os.listdir(tmp_path) == []  # noqa: PTH208 - in a coroutine


@pytest.mark.cli
def test_with_a_login_alone_it_is_an_estimate_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # whom the CLI would ask stays out of it
    most = 0

    with (
        isolated_proxy(Settings(state_dir=tmp_path, spares=0)) as proxy,
        ThreadPoolExecutor(3) as threads,
    ):
        counts = [threads.submit(proxy.http.post, COUNT, json=countable(MESSAGES)) for _ in range(3)]
        while not all(count.done() for count in counts):
            most = max(most, len(list(tmp_path.glob("run/*/count-*"))))
            time.sleep(0.01)

    answers = [count.result() for count in counts]
    assert {answer.headers["x-towpath-count"] for answer in answers} == {"estimate"}
    assert answers[0].json()["input_tokens"] > len(orjson.dumps(TOOLS)) / 8
    assert most == 2  # processes at once
