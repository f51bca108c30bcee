"""aider edits a file through the proxy. 540 MB to install: for the night.

aider has no tools: what the model says is an edit in a format of its own, and the file is the result.
"""

import subprocess
from pathlib import Path

import pytest
from tests.clients.listed import Client
from tests.clients.python_clients import FAILURE, TIMEOUT_SECONDS, Environment, begin, run
from tests.clients.recorder import RecordedProxy, model_calls, requests

from towpath.testing import Reply, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

AIDER = Environment("aider", ("aider-chat==0.86.2",))
CLIENT = Client(
    name="aider",
    version=AIDER.version,
    lines="export ANTHROPIC_API_BASE=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
    has_tools=False,
)
OPTIONS = (
    "--model anthropic/claude-sonnet-4-5 --no-check-update --no-analytics --no-show-model-warnings"
    " --yes-always --no-pretty --no-auto-commits --no-gitignore"
).split()
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


def aider(proxy: RecordedProxy, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    (folder / "lock.txt").write_text("the gate is closed\n")
    command = (AIDER.program("aider"), *OPTIONS, *options, "lock.txt")
    variables = {**CLIENT.variables(proxy.url), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return run(command, folder, variables)


@pytest.mark.shows("text turn", "edits a file")
@pytest.mark.parametrize("stream", ["--stream", "--no-stream"])
def test_an_edit_is_made(stream: str, proxy: RecordedProxy, api: ScriptedApi, tmp_path: Path) -> None:
    begin(proxy, api)
    api.clear()
    api.reply(Reply(({"type": "text", "text": EDIT},)))
    done = aider(proxy, tmp_path, stream, "--message", "Open the gate.")

    assert (tmp_path / "lock.txt").read_text() == "the gate is open\n", done.stdout + done.stderr
    assert model_calls(api) == requests(proxy.recorder)


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown(proxy: RecordedProxy, api: ScriptedApi, tmp_path: Path) -> None:
    begin(proxy, api)
    done = aider(proxy, tmp_path, "--message", "CLOSE THE GATE")

    assert FAILURE.message in done.stdout + done.stderr
    assert (tmp_path / "lock.txt").read_text() == "the gate is closed\n"
