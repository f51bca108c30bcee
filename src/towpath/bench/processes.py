"""The processes of a run: the scripted API and the proxy, how they start and that they end.

Both get a process session of their own: Ctrl-C on the terminal is the driver's to hear, and what is left
of a session can be found by its number, whatever its parent is by then.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from towpath.python import python_command

_END_SECONDS = 30  # the proxy ends its own processes in that time, or something is wrong
_REST_SECONDS = 5  # what it left would still be ending on its own
# What the installed command does; and it ends when its input does, should the bench be killed.
_PROXY = """
import os, threading
from towpath.cli.main import app
threading.Thread(target=lambda: (os.read(0, 1), os.kill(os.getpid(), 15)), daemon=True).start()
app()
"""


class StartError(Exception):
    """A process that the run needs did not start; it has said why on standard error."""


class ApiProcess:
    """The scripted API. ``url``: its root; a target's own is below it, by name."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = _first_line(process, "the scripted API")

    def calls(self) -> dict[str, int]:
        """How many model calls came in so far, by name; none if it has died."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            calls: dict[str, int] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            return {}
        return calls


class ProxyProcess:
    """The proxy under test. ``left_running``: how many of its processes outlived it, once it has ended;
    ``left_folders``: how many folders of its processes."""

    def __init__(self, process: subprocess.Popen[str], state_dir: Path) -> None:
        self.url = _first_line(process, "the proxy").split()[-1]
        self.process = psutil.Process(process.pid)
        self.left_running = 0
        self.left_folders = 0
        self._state_dir = state_dir

    def folders(self) -> int:
        """How many folders its processes have now."""
        return sum(1 for _ in self._state_dir.glob("run/*/*"))


@contextmanager
def scripted_api(port: int, module: str = "towpath.bench.api", path: str = "") -> Iterator[ApiProcess]:
    """The scripted API for as long as the block lasts.

    ``module`` is the program to run; ``path`` the folder of one that is not installed.
    """
    process = subprocess.Popen(
        python_command("-m", module, str(port)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path} if path else None,
        start_new_session=True,
    )
    # Leaving closes its input, which ends it; the pipe is broken only if it has died before.
    with suppress(BrokenPipeError), process:
        yield ApiProcess(process)


@contextmanager
def proxy_under_test(upstream_url: str, settings: Mapping[str, str] | None = None) -> Iterator[ProxyProcess]:
    """The proxy as a user starts it, in a home of its own, for as long as the block lasts.

    ``settings`` are environment variables for it, before the caller's own.
    """
    with TemporaryDirectory(prefix="towpath-bench-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            python_command("-c", _PROXY, "serve"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**proxy_environment(os.environ, Path(folder), upstream_url), **(settings or {})},
            start_new_session=True,
        )
        with process:
            proxy = None
            try:
                proxy = ProxyProcess(process, Path(folder) / "state")
                yield proxy
            finally:
                left = end(process)
                if proxy is not None:
                    proxy.left_running, proxy.left_folders = left, proxy.folders()


def proxy_environment(own: Mapping[str, str], folder: Path, upstream_url: str) -> dict[str, str]:
    """The caller's environment, without what could lead the CLI to a real account or lock the driver out."""
    kept = {
        name: value
        for name, value in own.items()
        if name.startswith("CLAUDE_PROXY_") or not name.startswith(("ANTHROPIC_", "CLAUDE"))
    }
    for name in ("CLAUDE_PROXY_API_KEY", "CLAUDE_PROXY_HOST"):
        kept.pop(name, None)
    return {
        **kept,
        "HOME": str(folder),
        "CLAUDE_PROXY_STATE_DIR": str(folder / "state"),
        "CLAUDE_PROXY_UPSTREAM_BASE_URL": upstream_url,
        "CLAUDE_PROXY_UPSTREAM_API_KEY": "dummy",
        "CLAUDE_PROXY_PORT": "0",
        "CLAUDE_PROXY_LOG_LEVEL": "error",
    }


def end(
    process: subprocess.Popen[str],
    *,
    within_seconds: float = _END_SECONDS,
    rest_seconds: float = _REST_SECONDS,
) -> int:
    """End the leader of a process session and all that belongs to it; how many had to be killed.

    The leader has ``within_seconds`` to end on its own, what it leaves ``rest_seconds`` more.
    """
    killed = 0
    process.terminate()
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        killed = 1
    finally:  # also at a second Ctrl-C
        process.kill()
        psutil.wait_procs(_members(process.pid), timeout=rest_seconds)
        stayed = _members(process.pid)
        for other in stayed:
            other.kill()
    return killed + len(stayed)


def _members(session: int) -> list[psutil.Process]:
    """Those of a process session that run, without the leader, whom its parent waits for."""
    return [process for process in psutil.process_iter() if _is_member(process, session)]


def _is_member(process: psutil.Process, session: int) -> bool:
    try:
        return (
            process.pid != session
            and os.getsid(process.pid) == session
            and process.status() != psutil.STATUS_ZOMBIE  # its parent was the proxy; nobody may wait for it
        )
    except (OSError, psutil.Error):  # it has ended, or is not ours to ask
        return False


def _first_line(process: subprocess.Popen[str], name: str) -> str:
    assert process.stdout
    line = process.stdout.readline().strip()
    if not line:
        raise StartError(f"{name} did not start")
    return line
