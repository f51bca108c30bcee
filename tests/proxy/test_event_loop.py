"""Nothing blocks the event loop: while one conversation is read, started or streamed, others go on.

The proxy runs in a process of its own, in asyncio's debug mode, which says what held the loop up. Beside
the test in one process it would wait for the test's own Python.
"""

import asyncio
import re
import time
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import Json, assistant, result, seen, sent, user
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

# asyncio warns from 0.1 s on. A busy machine takes the processor away for so long, debug mode adds its own.
HELD_UP_SECONDS = 0.25
_WARNING = re.compile(r"Executing .* took ([\d.]+) seconds")


def held_up(log: str) -> list[str]:
    """The steps that held the loop up, as the log has them."""
    return [match[0] for match in _WARNING.finditer(log) if float(match[1]) >= HELD_UP_SECONDS]


def long_conversation(messages: int, chars_each: int) -> list[Json]:
    speak = (user, assistant)
    return [speak[n % 2](f"{n} " + "so it goes " * (chars_each // 11)) for n in range(messages)]


def test_no_step_holds_the_loop_up(
    api: ScriptedApi, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    log = tmp_path / "log"
    with towpath_process(own, log) as (_, url), httpx.Client(base_url=url, timeout=60) as http:
        client = Client(http)
        client.messages = long_conversation(1000, 5000)
        calls = calls_of(client.say(user('CALL read {"path": "a"}\nCALL read {"path": "b"}')))
        client.say(user(*(result(call, "line\n" * 50_000) for call in calls)))
        client.say(user("SAY " + "many words " * 20_000))

    assert client.ways == ["start", "answer", "resume"]
    assert seen(api.last) == sent(client.messages[:-1])
    assert held_up(log.read_text()) == []


def test_a_step_that_holds_it_up_would_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    async def hold_up() -> None:
        time.sleep(HELD_UP_SECONDS * 1.2)  # noqa: ASYNC251 - that is what must not be done

    asyncio.run(hold_up(), debug=True)

    assert held_up(caplog.text)
