"""Nothing blocks the event loop: while one conversation is read, started or streamed, others go on."""

import asyncio
import logging
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.support.fidelity import Json, assistant, result, seen, sent, user
from tests.support.proxy import Client, calls_of

from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

pytestmark = pytest.mark.cli

# Twice asyncio's own limit: debug mode makes all Python slower, and machines that test are busy.
SLOW_CALLBACK_SECONDS = 0.2


class Debugged:
    """An application whose event loop says which of its steps held it up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = SLOW_CALLBACK_SECONDS
        await self._app(scope, receive, send)


@pytest.fixture
def http(settings: Settings, api: ScriptedApi) -> Iterator[httpx.Client]:
    app = Debugged(create_app(settings))
    with serve_in_thread(app) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def slow_steps(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "asyncio"]


def long_conversation(messages: int, chars_each: int) -> list[Json]:
    speak = (user, assistant)
    return [speak[n % 2](f"{n} " + "so it goes " * (chars_each // 11)) for n in range(messages)]


def test_no_step_holds_the_loop_up(
    api: ScriptedApi, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "asyncio"):
        client = Client(http)
        client.messages = long_conversation(1000, 5000)
        calls = calls_of(client.say(user('CALL read {"path": "a"}\nCALL read {"path": "b"}')))
        client.say(user(*(result(call, "line\n" * 50_000) for call in calls)))
        client.say(user("SAY " + "many words " * 20_000))

    assert client.ways == ["start", "answer", "resume"]
    assert seen(api.last) == sent(client.messages[:-1])
    assert slow_steps(caplog) == []


def test_a_step_that_holds_it_up_would_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    async def hold_up(_scope: Scope, _receive: Receive, send: Send) -> None:
        import time

        time.sleep(SLOW_CALLBACK_SECONDS * 1.5)  # noqa: ASYNC251 - that is what must not be done
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Debugged(hold_up)(scope, receive, send)

    with caplog.at_level(logging.WARNING, "asyncio"), serve_in_thread(app) as url:
        assert httpx.get(url).status_code == 204
        assert httpx.get(url).status_code == 204

    assert slow_steps(caplog)
