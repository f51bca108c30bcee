"""The coding agent pi works through the proxy: its tools, a session that goes on, errors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.npm import OFFLINE, TIMEOUT_SECONDS, VERSIONS
from tests.clients.opencode import Workspace
from tests.clients.program import Done, run
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="pi",
    version=VERSIONS["@mariozechner/pi-coding-agent"],
    lines="""\
mkdir -p ~/.pi/agent
echo '{"providers": {"anthropic": {"baseUrl": "http://127.0.0.1:3456",
  "compat": {"supportsMidConvoEffort": false}}}}' > ~/.pi/agent/models.json
ANTHROPIC_API_KEY=dummy pi --provider anthropic""",
)


@pytest.fixture
def pi(
    node_modules: Path,
    place: Workspace,
    proxy: RecordedProxy,
    api: ScriptedApi,
    recorder: Recorder,
) -> Callable[..., Done[str]]:
    """``pi -p``."""
    folder = place.home / ".pi" / "agent"
    folder.mkdir(parents=True)
    provider = {"baseUrl": proxy.url, "compat": {"supportsMidConvoEffort": False}}
    (folder / "models.json").write_text(json.dumps({"providers": {"anthropic": provider}}))
    program = node_modules / "@mariozechner" / "pi-coding-agent" / "dist" / "cli.js"
    command = ("node", program, "--offline", "--provider", "anthropic", "--model", "claude-sonnet-4-5")
    environment = {"HOME": str(place.home), "ANTHROPIC_API_KEY": "dummy", "PI_OFFLINE": "1", **OFFLINE}
    return lambda prompt, *more: run((*command, *more, "-p", prompt), place.folder, environment)


@pytest.mark.shows("text turn", "tool round trip", "resumed session")
def test_a_session_with_a_tool_reaches_the_model_as_it_was_sent(
    pi: Callable[..., Done[str]], place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    place.file("lock.txt", "two metres deep\n")
    said = pi("SAY The gate is open.")
    read = pi(f"CALL read {json.dumps({'path': 'lock.txt'})}", "-c")

    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    assert "two metres deep" in read.stdout
    assert recorder.ways == ["start", "resume", "answer"]
    assert model_calls(api) == requests(recorder)
    assert [e.body["tools"] for e in api.exchanges] == [e.body["tools"] for e in recorder.exchanges]


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    pi: Callable[..., Done[str]], api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    done = pi("hello")

    assert done.returncode == 1
    assert "the lock is full" in done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]
