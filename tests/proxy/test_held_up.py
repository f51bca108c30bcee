"""One request is one model call, also while the proxy cannot do anything against a second one."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.fidelity import Json, call, request, result, text, user
from tests.support.profiles import by_day
from tests.support.program import towpath_process
from tests.support.silent import SILENT
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

# Left alone, the CLI asks again within some 10 ms of an answer's end.
LONG_SECONDS = 0.5
SHAPES = {
    **SILENT,
    "max_tokens": Reply((text("cut"),), stop_reason="max_tokens"),
    "refusal": Reply((text("I will not."),), stop_reason="refusal"),
    "the context window": Reply((text("cut"),), stop_reason="model_context_window_exceeded"),
    "an unknown tool": Reply(({**call("toolu_9"), "name": "nobody"},)),
}
BY_DAY = ("no block", "a server's tool", "a call that is missing", "max_tokens", "an unknown tool")
LATER = ("no block", "thinking", "max_tokens", "an unknown tool")
LAST = ("no block", "thinking", "max_tokens", "a call that is missing")


@pytest.fixture(scope="module")
def program(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, httpx.Client]]:
    """The id of a proxy's process, and a client of it."""
    folders = {"state_dir": tmp_path_factory.mktemp("state"), "workdir": tmp_path_factory.mktemp("work")}
    own = settings.model_copy(update=folders)
    with (
        towpath_process(own, arguments=["serve", "--allow-internal", "1"]) as (process, url),
        httpx.Client(base_url=url, timeout=WAIT_SECONDS) as http,
    ):
        yield process.pid, http


class HeldUp:
    """Stops the proxy as the upstream answers, for so long as the CLI would need to ask again."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._answers = threading.Event()

    def answer(self, reply: Reply) -> Reply:
        os.kill(self._pid, signal.SIGSTOP)
        self._answers.set()
        return reply

    def ask(self, http: httpx.Client, messages: list[Json], mode: str = "passthrough") -> httpx.Response:
        headers = {"x-towpath-mode": mode}
        with ThreadPoolExecutor(1) as thread:
            response = thread.submit(http.post, "/v1/messages", json=request(messages), headers=headers)
            try:
                assert self._answers.wait(WAIT_SECONDS)
                time.sleep(LONG_SECONDS)
            finally:
                os.kill(self._pid, signal.SIGCONT)
            return response.result()


QUESTION = [user("hello")]


@pytest.mark.parametrize("shape", by_day(BY_DAY, SHAPES))
def test_a_first_answer_is_one_call(api: ScriptedApi, program: tuple[int, httpx.Client], shape: str) -> None:
    pid, http = program
    held_up = HeldUp(pid)
    api.reply(lambda _: held_up.answer(SHAPES[shape]))

    assert held_up.ask(http, QUESTION).status_code == 200
    assert len(api.exchanges) == 1


@pytest.mark.parametrize(
    "shape",
    by_day(["no block", "an unknown tool"], LATER),
)
@pytest.mark.parametrize("way", ["answer", "resume"])
def test_so_is_a_later_one(api: ScriptedApi, program: tuple[int, httpx.Client], shape: str, way: str) -> None:
    pid, http = program
    held_up = HeldUp(pid)
    first = Reply((call("toolu_1"),) if way == "answer" else (text("hello"),))
    api.reply(first, lambda _: held_up.answer(SHAPES[shape]))
    said = http.post("/v1/messages", json=request(QUESTION)).json()["content"]
    newest = user(result("toolu_1", "one")) if way == "answer" else user("and now?")
    response = held_up.ask(http, [*QUESTION, {"role": "assistant", "content": said}, newest])

    assert response.status_code == 200
    assert response.headers["x-towpath-way"] == way
    assert len(api.exchanges) == 2


@pytest.mark.parametrize("shape", by_day(["no block"], LAST))
@pytest.mark.parametrize("calls", [0, 1])
def test_so_is_the_last_one_of_a_turn_in_internal_mode(
    api: ScriptedApi, program: tuple[int, httpx.Client], shape: str, calls: int
) -> None:
    pid, http = program
    held_up = HeldUp(pid)
    api.reply(*[Reply((call("toolu_1"),))] * calls, lambda _: held_up.answer(SHAPES[shape]))

    assert held_up.ask(http, QUESTION, "internal").status_code == 200
    assert len(api.exchanges) == 1 + calls
