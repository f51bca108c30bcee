"""`towpath top`: the same account as on the page, in a terminal."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from tests.support.desk import Desk
from towpath.cli.main import app
from towpath.cli.top import figures
from towpath.cli.top.picture import picture
from towpath.core.account_limits import Window
from towpath.core.errors import ApiError
from towpath.testing import ScriptedApi, serve_in_thread

USAGE = {"input_tokens": 10, "cache_read_input_tokens": 1170, "cache_creation_input_tokens": 20}
KEY = "s3cret"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An account with two conversations, an error and a plan window that is used up."""
    desk = Desk(tmp_path, windows=[Window("five_hour", "rejected", 0.42)])
    desk.tell(desk.record(b"a"), usage={**USAGE, "output_tokens": 50})
    desk.tell(desk.record(b"a", b"b", b"c"), way="answer", reason="planted reason", first_event_ms=1500)
    desk.tell(desk.record(b"x"), session=2, error=ApiError(529, "planted error"))
    return desk


def run(*arguments: str, width: int = 120) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(app, ["top", *arguments])


@pytest.mark.parametrize("width", [80, 120])
def test_one_picture_has_what_the_page_has(desk: Desk, width: int) -> None:
    with desk.served() as url:
        result = run("--url", url, "--once", width=width)

    assert result.exit_code == 0
    said = result.output
    assert "3 exchanges, 1 failed" in said
    assert "1.2k tokens in (98% from cache), 50 out" in " ".join(said.split())
    assert "newest 400 ms, median 400 ms, slowest 1.5 s" in said
    assert "Plan, five hours: 42% used, its reset is not known, used up" in said
    assert "failed, 529" in said
    assert "overloaded_error: planted error" in said
    assert ("planted reason" in said) is (width == 120)
    assert max(map(len, said.splitlines())) <= width


def test_json_is_what_the_server_says(desk: Desk) -> None:
    with desk.served() as url:
        result = run("--url", url, "--once", "--json")
    said = json.loads(result.output)

    expected = msgspec.to_builtins(desk.activity.snapshot())
    assert expected.pop("at") >= said.pop("at") > 0
    assert said == expected


def test_a_port_is_enough_for_a_server_on_this_machine(desk: Desk) -> None:
    with desk.served() as url:
        result = run("--port", url.rpartition(":")[2], "--once")

    assert result.exit_code == 0
    assert "3 exchanges" in result.output


def test_without_a_server_it_ends_with_a_sentence() -> None:
    result = run("--url", "http://127.0.0.1:9", "--once")

    assert result.exit_code == 1
    assert "No server answers at http://127.0.0.1:9. Start one with `towpath serve`" in result.output


def test_another_server_is_named_as_one(api: ScriptedApi) -> None:
    with serve_in_thread(api.app) as url:
        result = run("--url", url)

    assert result.exit_code == 1
    assert f"The server at {url} is not a Towpath." in result.output


def test_a_server_of_another_version_is_named_as_one() -> None:
    async def stream(_: Request) -> Response:
        return Response(b'data: {"type": "activity", "at": 1}\n\n', media_type="text/event-stream")

    with serve_in_thread(Starlette(routes=[Route("/v1/activity/stream", stream)])) as url:
        result = run("--url", url, "--once")

    assert result.exit_code == 1
    assert f"The server at {url} is another version of Towpath" in " ".join(result.output.split())


def test_the_key_is_that_of_the_settings(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.served(keys=[KEY]) as url:
        refused = run("--url", url, "--once")
        monkeypatch.setenv("CLAUDE_PROXY_API_KEY", KEY)
        allowed = run("--url", url, "--once")
        monkeypatch.setenv("CLAUDE_PROXY_API_KEY", "another")
        mistaken = run("--url", url, "--once")

    assert "does not take the key in CLAUDE_PROXY_API_KEY" in " ".join(mistaken.output.split())
    assert refused.exit_code == 1
    assert "asks for a key: set CLAUDE_PROXY_API_KEY" in refused.output
    assert allowed.exit_code == 0


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b2J\u202e[red]x"
    desk = Desk(tmp_path, shows_content=True, windows=[Window(hostile, hostile)])
    record = desk.record(model=hostile)
    desk.tell(record, said=hostile, way=hostile, reason=hostile, error=ApiError(400, hostile, type=hostile))
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(picture(desk.activity.snapshot(), record.began_at, height=40, width=200))
    said = console.export_text()

    with desk.served() as url:
        assert run("--url", url, "--once", "--json").output.isascii()
    assert "[red]x" in said
    assert not [c for c in said if not c.isprintable() and c != "\n"]


def test_an_empty_server_says_what_to_do(tmp_path: Path) -> None:
    with Desk(tmp_path).served() as url:
        said = run("--url", url, "--once").output

    assert "No requests yet. `towpath env` says how to connect a client." in said
    assert "Plan windows: not known" in said


@pytest.mark.slow
def test_in_a_terminal_it_shows_what_comes_until_ctrl_c(desk: Desk) -> None:
    master, slave = pty.openpty()
    with desk.served() as url:
        command = [sys.executable, "-m", "towpath", "top", "--url", url]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
            try:
                os.close(slave)
                seen = read_until(master, b"failed, 529")
                desk.tell(desk.record(b"y", model="claude-planted"), session=3)
                seen += read_until(master, b"planted")
                process.send_signal(signal.SIGINT)
                seen += read_until(master, None)
                code = process.wait()
            finally:
                process.kill()
    os.close(master)

    assert code == 0
    assert b"Traceback" not in seen
    assert b"Aborted" not in seen
    assert seen.rstrip().endswith(b"\x1b[?25h\x1b[?1049l")  # the screen as it was, with its cursor


def read_until(terminal: int, words: bytes | None) -> bytes:
    """What a terminal shows up to some words, or to the end."""
    seen = b""
    while words is None or words not in seen:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux: nobody has it open any more
            break
        if not part:
            break
        seen += part
    return seen


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"), (90_000, "1 d 1 h")],
)
def test_durations(seconds: float, words: str) -> None:
    assert figures.duration(seconds) == words


def test_bars_are_as_high_as_their_share() -> None:
    assert figures.bars([0, 50, 100]) == "▁▅█"
    assert figures.bars([0, 0]) == "▁▁"
    assert figures.bars([]) == ""
