"""A server that is started again when it crashes: real processes, and requests in the gap between them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.processes import wait_until
from tests.support.waiting import WAIT_SECONDS
from towpath.cli.serve.supervisor import restart_delay

# A server in ten lines: says its process id, or does what the path says.
_SERVER = """
import os, socketserver, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from towpath.cli.serve.supervisor import handed_down
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/crash": print("about to crash", file=sys.stderr, flush=True); os._exit(7)
        if self.path == "/leave": os._exit(0)
        body = str(os.getpid()).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = HTTPServer(("", 0), Handler, bind_and_activate=False)
server.socket = handed_down()
{first}
server.serve_forever()
"""
_SUPERVISOR = """
import socket, sys
from towpath.cli.serve.supervisor import Supervisor
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen()
print(listener.getsockname()[1], flush=True)
sys.exit(Supervisor([sys.executable, "-c", sys.argv[1]], listener).run())
"""


@contextmanager
def supervised(log: Path, first: str = "") -> Iterator[tuple["subprocess.Popen[str]", httpx.Client]]:
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _SUPERVISOR, _SERVER.replace("{first}", first)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout
    with (
        process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{int(process.stdout.readline())}", timeout=WAIT_SECONDS
        ) as http,
    ):
        try:
            yield process, http
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("crashes", "now", "delay"),
    [
        ([0], 0, 0.5),
        ([0, 1], 1, 1),
        ([0, 1, 3], 3, 2),
        ([0, 1, 3, 7], 7, 4),
        ([0, 1, 3, 7, 12], 12, None),
        ([0, 1, 3, 7, 70], 70, 0.5),
        ([0, 20, 40, 60, 80], 80, 2),
    ],
)
def test_the_delay_doubles_and_a_loop_is_given_up(
    crashes: list[float], now: float, delay: float | None
) -> None:
    assert restart_delay(crashes, now) == delay


@pytest.mark.slow
def test_a_request_that_comes_between_two_servers_waits_for_the_second(tmp_path: Path) -> None:
    with supervised(tmp_path / "log") as (_, http):
        before = http.get("/").text
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/crash")
        after = http.get("/").text

    assert before != after
    log = (tmp_path / "log").read_text()
    assert "about to crash" in log
    assert "The server ended with exit code 7. It starts again in 0.5 s." in log


@pytest.mark.slow
def test_a_crash_loop_is_given_up_with_the_last_lines(tmp_path: Path) -> None:
    with supervised(tmp_path / "log", first="print('no disk', file=sys.stderr); os._exit(9)") as (process, _):
        assert process.wait(WAIT_SECONDS) == 9

    log = (tmp_path / "log").read_text()
    assert "The server crashed 5 times, the last time with exit code 9, and is not started again." in log
    assert log.endswith("  no disk\n")


@pytest.mark.slow
def test_a_server_that_was_killed_is_said_to_be(tmp_path: Path) -> None:
    with supervised(tmp_path / "log") as (_, http):
        os.kill(int(http.get("/").text), signal.SIGKILL)
        http.get("/")

    assert "The server ended by SIGKILL. It starts again in 0.5 s." in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_where_it_said_nothing_no_last_lines_are_announced(tmp_path: Path) -> None:
    with supervised(tmp_path / "log", first="os._exit(9)") as (process, _):
        assert process.wait(WAIT_SECONDS) == 9

    assert (tmp_path / "log").read_text().endswith("is not started again.\n")


@pytest.mark.slow
@pytest.mark.parametrize(("first", "code"), [("os._exit(0)", 0), ("os._exit(2)", 2)])
def test_a_server_that_ends_well_or_whose_settings_are_bad_is_not_started_again(
    tmp_path: Path, first: str, code: int
) -> None:
    with supervised(tmp_path / "log", first=first) as (process, _):
        assert process.wait(WAIT_SECONDS) == code


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path / "log") as (process, http):
        server = int(http.get("/").text)
        process.send_signal(number)

        assert process.wait(WAIT_SECONDS) == 0
        wait_until(lambda: not psutil.pid_exists(server))


@pytest.mark.slow
def test_the_server_ends_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with supervised(tmp_path / "log") as (process, http):
        server = int(http.get("/").text)
        process.kill()
        process.wait(WAIT_SECONDS)

        wait_until(lambda: not psutil.pid_exists(server))
