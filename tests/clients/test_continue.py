"""Continue's command line works through the proxy: its tools, and the errors that it shows."""

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

CONFIGURATION = """\
name: local
version: 1.0.0
schema: v1
models:
  - name: Claude
    provider: anthropic
    model: claude-sonnet-4-5
    apiKey: dummy
    apiBase: {url}/v1/
"""
CLIENT = Client(
    name="Continue CLI",
    version=VERSIONS["@continuedev/cli"],
    lines=CONFIGURATION.format(url="http://127.0.0.1:3456"),
    language="yaml",
)


@pytest.fixture
def cn(
    node_modules: Path, place: Workspace, proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder
) -> Callable[..., Done[str]]:
    """``cn -p``, which may use all of its tools."""
    configuration = place.home / "config.yaml"
    configuration.write_text(CONFIGURATION.format(url=proxy.url))
    program = node_modules / "@continuedev" / "cli" / "dist" / "cn.js"
    command = ("node", program, "--config", configuration, "--auto", "-p")
    quiet = {"CONTINUE_TELEMETRY_ENABLED": "0"}
    return lambda prompt: run((*command, prompt), place.folder, {"HOME": str(place.home), **quiet, **OFFLINE})


@pytest.mark.shows("text turn", "tool round trip")
@pytest.mark.later_steps("answer")
def test_a_file_that_it_read_reaches_the_model(
    cn: Callable[..., Done[str]], place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    place.file("lock.txt", "two metres deep\n")
    done = cn(f"CALL Read {json.dumps({'filepath': 'lock.txt'})}")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Results: ")
    assert "two metres deep" in done.stdout
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)
    assert [e.body["tools"] for e in api.exchanges] == [e.body["tools"] for e in recorder.exchanges]


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    cn: Callable[..., Done[str]], api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    done = cn("hello")

    assert done.returncode == 1
    assert "the lock is full" in done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]
