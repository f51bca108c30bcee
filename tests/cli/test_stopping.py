"""Ctrl-C and the end of a terminal: a real one, whose signals reach all processes that it started."""

import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import request, user
from tests.support.processes import cli_processes, wait_until
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(not shutil.which("setsid"), reason="setsid gives the server a terminal"),
]
SLOW = Reply(({"type": "text", "text": "a long answer " * 20},), pause_seconds=0.05)
CTRL_C = b"\x03"


@dataclass
class Terminal:
    """A terminal with a server in its foreground: what is typed there, and what it has shown."""

    process: "subprocess.Popen[bytes]"
    keyboard: int
    shown: str = ""

    def press(self, keys: bytes) -> None:
        os.write(self.keyboard, keys)

    def hang_up(self) -> None:
        """The window closes. The kernel tells the server, and each write to the screen fails from now on."""
        os.close(self.keyboard)
        self.keyboard = -1

    def read_until(self, words: str) -> str:
        """All that it has shown, up to these words or to its end."""
        while words not in self.shown and (part := self._read()):
            self.shown += part.decode()
        assert words in self.shown, self.shown
        return self.shown

    @property
    def url(self) -> str:
        return self.read_until(" opencode").partition(" at ")[2].split()[0]

    def _read(self) -> bytes:
        try:
            return os.read(self.keyboard, 65536)
        except OSError:  # nobody has it open any more
            return b""


@contextmanager
def terminal(settings: Settings, arguments: Sequence[str] = ()) -> Iterator[Terminal]:
    values = settings.model_dump(include={"upstream_base_url", "state_dir", "workdir"})
    environment = {
        **os.environ,
        **{Settings.env_name(name): str(value) for name, value in values.items()},
        Settings.env_name("upstream_api_key"): "dummy",
        Settings.env_name("port"): "0",
    }
    keyboard, screen = pty.openpty()
    program = Path(sys.executable).with_name("towpath")
    process = subprocess.Popen(
        ["setsid", "--ctty", program, "serve", *arguments],
        env=environment,
        stdin=screen,
        stdout=screen,
        stderr=screen,
    )
    os.close(screen)
    with process:
        shown = Terminal(process, keyboard)
        try:
            yield shown
        finally:
            process.kill()
            if shown.keyboard >= 0:
                os.close(keyboard)


@contextmanager
def running_answer(shell: Terminal) -> Iterator[list[str]]:
    """The lines of an answer: it has begun where the block begins, and is at its end after it."""
    body = request([user("a")], stream=True)
    with httpx.stream("POST", f"{shell.url}/v1/messages", json=body, timeout=WAIT_SECONDS) as answer:
        coming = answer.iter_lines()
        lines = [next(coming)]
        yield lines
        lines += coming


@pytest.mark.parametrize("flags", [(), ("--supervise",)])
def test_ctrl_c_lets_a_running_answer_finish_and_says_so(
    own_settings: Settings, api: ScriptedApi, flags: Sequence[str]
) -> None:
    api.reply(SLOW)
    with terminal(own_settings, flags) as shell:
        with running_answer(shell) as lines:
            shell.press(CTRL_C)
            shell.read_until("1 answer is still running; Ctrl-C again ends it")
        assert shell.process.wait(WAIT_SECONDS) == 0
        shell.read_until("Stopped.")

    assert any("message_stop" in line for line in lines)
    assert not any("event: error" in line for line in lines)
    assert "Traceback" not in shell.shown
    assert cli_processes(own_settings.state_dir) == []


def test_a_second_ctrl_c_ends_it_at_once(own_settings: Settings, api: ScriptedApi) -> None:
    with terminal(own_settings, ["--stop-timeout-seconds=3600"]) as shell, api.held():
        url = shell.url
        asking = threading.Thread(target=_ask_in_vain, args=(url,))
        asking.start()
        api.wait_for(1, WAIT_SECONDS)
        shell.press(CTRL_C)
        shell.read_until("Ctrl-C again ends it")
        shell.press(CTRL_C)
        assert shell.process.wait(WAIT_SECONDS) == 130
        asking.join()
        wait_until(lambda: not cli_processes(own_settings.state_dir))

    assert "Traceback" not in shell.shown


@pytest.mark.parametrize(("seconds", "presses"), [(3600, 2), (0, 1)], ids=["second-ctrl-c", "timeout"])
def test_an_answer_that_a_stop_cuts_off_is_no_failure(
    own_settings: Settings, api: ScriptedApi, seconds: int, presses: int
) -> None:
    api.reply(Reply(({"type": "text", "text": "an answer without end " * 50_000},), pause_seconds=0.01))
    with terminal(own_settings, [f"--stop-timeout-seconds={seconds}"]) as shell:
        with (
            suppress(httpx.TransportError),
            httpx.stream(
                "POST",
                f"{shell.url}/v1/messages",
                json=request([user("a")], stream=True),
                timeout=WAIT_SECONDS,
            ) as answer,
        ):
            lines = answer.iter_lines()
            next(lines)
            shell.press(CTRL_C)
            shell.read_until("still running")
            for _ in range(presses - 1):
                shell.press(CTRL_C)
            for _ in lines:
                pass
        shell.read_until("Stopped.")
        shell.process.wait(WAIT_SECONDS)

    assert "Traceback" not in shell.shown


@pytest.mark.parametrize("flags", [(), ("--supervise",)])
def test_a_terminal_that_closes_lets_a_running_answer_finish(
    own_settings: Settings, api: ScriptedApi, flags: Sequence[str]
) -> None:
    api.reply(SLOW)
    with terminal(own_settings, flags) as shell:
        with running_answer(shell) as lines:
            shell.hang_up()
        assert shell.process.wait(WAIT_SECONDS) == 0

    assert any("message_stop" in line for line in lines)
    assert cli_processes(own_settings.state_dir) == []


def _ask_in_vain(url: str) -> None:
    with suppress(httpx.TransportError):
        httpx.post(f"{url}/v1/messages", json=request([user("a")]), timeout=WAIT_SECONDS)
