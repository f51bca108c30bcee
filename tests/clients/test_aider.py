"""aider edits a file through the proxy. 540 MB to install: for the night.

aider has no tools: what the model says is an edit in a format of its own, and the file is the result.
"""

import subprocess
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import TIMEOUT_SECONDS, Environment, run
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

AIDER = Environment("aider", ("aider-chat==0.86.2",))
CLIENT = Client(
    name="aider",
    version=AIDER.version,
    lines="export ANTHROPIC_API_BASE=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
    has_tools=False,
)
OPTIONS = (
    *("--model", "anthropic/claude-sonnet-4-5", "--no-show-model-warnings"),
    *("--no-check-update", "--no-analytics", "--no-auto-commits", "--no-gitignore"),
    *("--yes-always", "--no-pretty"),
)
EDIT = """\
lock.txt
```
<<<<<<< SEARCH
the gate is closed
=======
the gate is open
>>>>>>> REPLACE
```
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A file of the working folder that aider may change."""
    folder = tmp_path / "work"
    folder.mkdir()
    file = folder / "lock.txt"
    file.write_text("the gate is closed\n")
    return file


def aider(proxy: RecordedProxy, lock: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = (AIDER.program("aider"), *OPTIONS, *options, lock.name)
    variables = {**CLIENT.variables(proxy.url), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return run(command, lock.parent.parent, variables, lock.parent)


@pytest.mark.shows("text turn", "edits a file")
@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_an_edit_is_made(
    stream: str, proxy: RecordedProxy, recorder: Recorder, api: ScriptedApi, lock: Path
) -> None:
    api.reply(Reply(({"type": "text", "text": EDIT},)))
    done = aider(proxy, lock, stream, "--message", "Open the gate.")

    assert lock.read_text() == "the gate is open\n", done.stdout + done.stderr
    assert model_calls(api) == requests(recorder)


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown(
    proxy: RecordedProxy, recorder: Recorder, api: ScriptedApi, lock: Path
) -> None:
    api.reply(
        Failure(401, "authentication_error", "the gate is closed")
    )  # others it tries again for a minute
    done = aider(proxy, lock, "--message", "Open the gate.")

    assert "the gate is closed" in " ".join(done.stdout.split())
    assert len(api.exchanges) == 1
    assert lock.read_text() == "the gate is closed\n"
