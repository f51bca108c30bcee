"""`towpath demo`: where it serves, and what it says where it cannot go on."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import WAIT_SECONDS


def demo(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (Path(sys.executable).with_name("towpath"), "demo", "--once"),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=WAIT_SECONDS,
    )


def test_its_port_is_that_of_the_settings() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = demo(CLAUDE_PROXY_PORT=str(port))

    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr


def test_a_failure_is_the_servers_sentence() -> None:
    done = demo(CLAUDE_PROXY_PORT="0", CLAUDE_PROXY_START_TIMEOUT_SECONDS="0.01", CLAUDE_PROXY_API_KEY="own")

    assert done.returncode == 1
    assert "the Claude CLI did not start within 0.01 s" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
