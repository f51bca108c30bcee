"""Cline's command line works through the proxy: its tools, and the errors that it shows."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.clients.listed import Client
from tests.clients.npm import OFFLINE, TIMEOUT_SECONDS, VERSIONS
from tests.clients.opencode import Workspace
from tests.clients.program import run
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

CLIENT = Client(
    name="Cline CLI",
    version=VERSIONS["cline"],
    lines="""\
cline auth -p anthropic -k dummy -m claude-sonnet-4-5
# then, in ~/.cline/data/settings/providers.json, beside "apiKey":
#   "baseUrl": "http://127.0.0.1:3456/v1\"""",
)
Cline = Callable[[str], dict[str, Any]]


@pytest.fixture
def cline(
    node_modules: Path,
    place: Workspace,
    proxy: RecordedProxy,
    api: ScriptedApi,
    recorder: Recorder,
) -> Iterator[Cline]:
    """``cline --json``: how its run ended. It is logged in as its ``auth`` command would have done it."""
    folder = place.home / ".cline" / "data" / "settings"
    folder.mkdir(parents=True)
    settings = {
        "provider": "anthropic",
        "apiKey": "dummy",
        "model": "claude-sonnet-4-5",
        "baseUrl": f"{proxy.url}/v1",
    }
    provider = {"settings": settings, "updatedAt": "2026-11-01T00:00:00.000Z", "tokenSource": "manual"}
    providers = {
        "version": 1,
        "lastUsedProvider": "anthropic",
        "modes": {},
        "providers": {"anthropic": provider},
    }
    (folder / "providers.json").write_text(json.dumps(providers))
    program = node_modules / "cline" / "bin" / "cline"

    environment = {"HOME": str(place.home), "CLINE_SESSION_BACKEND_MODE": "local", **OFFLINE}

    def ask(prompt: str) -> dict[str, Any]:
        done = run((program, "--json", prompt), place.folder, environment)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        result: dict[str, Any]
        (result,) = [event for event in events if event["type"] == "run_result"]
        return result

    yield ask
    # It leaves a daemon in a session of its own, which no end of a group reaches.
    for process in psutil.process_iter(["cmdline"]):
        if str(place.folder) in (process.info["cmdline"] or ()):
            process.kill()


@pytest.mark.shows("text turn", "tool round trip")
@pytest.mark.later_steps("answer")
def test_the_output_of_a_command_reaches_the_model(
    cline: Cline, api: ScriptedApi, recorder: Recorder
) -> None:
    ended = cline(f"CALL run_commands {json.dumps({'commands': ['echo 6 times 7 is $((6*7))']})}")

    assert ended["finishReason"] == "completed"
    assert "6 times 7 is 42" in ended["text"]
    assert recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(recorder)
    assert [e.body["tools"] for e in api.exchanges] == [e.body["tools"] for e in recorder.exchanges]


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(
    cline: Cline, api: ScriptedApi, recorder: Recorder
) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    ended = cline("Say hello.")

    assert (ended["finishReason"], ended["text"]) == ("error", "the lock is full")
    assert [exchange.status for exchange in recorder.exchanges] == [400]
