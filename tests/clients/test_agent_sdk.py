"""The Claude Agent SDK as a client: its sessions have this proxy as their API. For the night.

The CLI that it brings is of the kind that the proxy itself has at its back; it must not be taken for that.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.npm import NIGHTLY, OFFLINE, TIMEOUT_SECONDS
from tests.clients.program import run
from tests.clients.python_clients import FAILURE, SCRIPTS, begin
from tests.clients.recorder import Exchange, RecordedProxy
from tests.support.fidelity import Json
from tests.support.pins import pinned
from towpath.testing import Recorded, ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

PACKAGE = "@anthropic-ai/claude-agent-sdk"
CLIENT = Client(
    name="Claude Agent SDK, Python and TypeScript",
    version=f"{pinned('claude-agent-sdk')} and {NIGHTLY.versions[PACKAGE]}",
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_AUTH_TOKEN=dummy",
)


@dataclass(frozen=True)
class Played:
    """What a script said, and what went to and from the proxy meanwhile."""

    said: Json
    exchanges: list[Exchange]
    api: list[Recorded]


@pytest.fixture(scope="module", params=["python", "typescript"])
def played(
    request: pytest.FixtureRequest,
    proxy: RecordedProxy,
    scripted_api: tuple[ScriptedApi, str],
    nightly_modules: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Played:
    """What the script of each Agent SDK did, and what the API saw of it."""
    home = tmp_path_factory.mktemp("agent-sdk")
    command: tuple[str | Path, ...] = (sys.executable, SCRIPTS / "agent_sdk_turns.py")
    if request.param == "typescript":
        (home / "node_modules").symlink_to(nightly_modules)
        (home / "agent_sdk.mjs").write_text((SCRIPTS / "agent_sdk.mjs").read_text())
        command = ("node", "agent_sdk.mjs")
    quiet = {"CLAUDE_CODE_MAX_RETRIES": "0", "DISABLE_AUTOUPDATER": "1"}
    begin(proxy, scripted_api[0])
    done = run(command, home, {**OFFLINE, "HOME": str(home), **CLIENT.variables(proxy.url), **quiet})
    assert done.returncode == 0, done.stderr
    return Played(json.loads(done.stdout), proxy.recorder.exchanges, scripted_api[0].exchanges)


@pytest.mark.shows("text turn", "streaming")
def test_a_text_is_said_whole_and_in_pieces(played: Played) -> None:
    assert played.said["text"] == "hello"
    assert played.said["streamed"] == ["boat "] * 5
    assert "You are a lock keeper." in str(played.api[0].body["system"])


@pytest.mark.shows("tool round trip", "parallel tools", "a second turn")
@pytest.mark.later_steps("answer", "resume")
def test_two_tools_are_called_at_once_in_a_later_turn(played: Played) -> None:
    assert played.said["results"] == "Results: upper is two metres deep | lower is two metres deep"


@pytest.mark.shows("structured output")
def test_an_object_of_a_schema(played: Played) -> None:
    assert played.said["object"] == {"depth": 2}


@pytest.mark.shows("images")
def test_an_image_reaches_the_model(played: Played) -> None:
    assert played.said["picture"] == "a boat"
    assert sum('"type": "image"' in json.dumps(recorded.body["messages"]) for recorded in played.api) == 1


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_told_with_its_message(played: Played) -> None:
    assert FAILURE.message in played.said["error"]
