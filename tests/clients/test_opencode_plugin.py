"""What `towpath setup opencode --project --plugin` writes, in the hands of the real OpenCode.

OpenCode talks to the scripted API directly: what a client sends is seen there as it left the client. The
address in the user's own configuration leads nowhere, so an answer shows that the project's was used.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.npm import TIMEOUT_SECONDS
from tests.clients.opencode import OpenCode, Workspace
from tests.clients.program import RUN_SECONDS
from towpath.cli.setup.command import PLUGIN_FILE
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.opencode, pytest.mark.timeout(TIMEOUT_SECONDS)]

NOWHERE = "http://127.0.0.1:9"
HERE = "http://127.0.0.1:3456/v1"
SESSION, AGENT = "x-opencode-session", "x-opencode-agent"


def set_up(place: Workspace, api_url: str, *arguments: str) -> None:
    """Run the command in a project, with a configuration that has a comment and something of its own."""
    place.file("opencode.jsonc", '{\n  // ours\n  "username": "somebody",\n}\n')
    program = "from towpath.cli.setup.command import setup; setup()"
    port = str(urlsplit(api_url).port)
    subprocess.run(
        (sys.executable, "-c", program, "opencode", "--project", "--yes", "--port", port, *arguments),
        cwd=place.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(place.home)},
        check=True,
        capture_output=True,
        timeout=60,
    )


@pytest.fixture
def opencode_elsewhere(node_modules: Path) -> OpenCode:
    """The real OpenCode; the address in the user's own configuration leads nowhere."""
    return OpenCode(node_modules, NOWHERE)


def test_session_and_agent_arrive_with_each_request(
    opencode_elsewhere: OpenCode, place: Workspace, api: ScriptedApi, scripted_api: tuple[ScriptedApi, str]
) -> None:
    set_up(place, scripted_api[1], "--plugin")
    done = opencode_elsewhere.run("SAY hello", place, "--agent", "plan")

    assert done.returncode == 0, done.stderr
    assert "hello" in done.stdout
    assert {exchange.headers[AGENT] for exchange in api.exchanges} == {"plan", "title"}
    assert all(exchange.headers[SESSION].startswith("ses_") for exchange in api.exchanges)
    assert all(exchange.headers[SESSION] == exchange.headers["x-session-id"] for exchange in api.exchanges)
    assert {exchange.path for exchange in api.exchanges} == {"/v1/messages"}


def test_without_the_plugin_the_address_alone_is_enough(
    opencode_elsewhere: OpenCode, place: Workspace, api: ScriptedApi, scripted_api: tuple[ScriptedApi, str]
) -> None:
    set_up(place, scripted_api[1])
    done = opencode_elsewhere.run("SAY hello", place, "--title", "a title")

    assert done.returncode == 0, done.stderr
    assert "hello" in done.stdout
    assert not {SESSION, AGENT} & set(api.exchanges[0].headers)


@pytest.mark.parametrize(
    ("provider", "address", "agent", "expected"),
    [
        ("anthropic", HERE, "build", {SESSION: "ses_1", AGENT: "build"}),
        ("anthropic", "http://localhost:3456", "build", {SESSION: "ses_1", AGENT: "build"}),
        ("anthropic", "http://[::1]:3456", "build", {SESSION: "ses_1", AGENT: "build"}),
        ("anthropic", HERE, "Prüfer - 1", {SESSION: "ses_1", AGENT: "Pr%C3%BCfer - 1"}),
        ("anthropic", "https://api.anthropic.com/v1", "build", {}),
        ("anthropic", None, "build", {}),
        ("anthropic", "no address", "build", {}),
        ("openai", HERE, "build", {}),
    ],
)
def test_only_requests_to_this_machine_are_told(
    opencode_elsewhere: OpenCode,
    tmp_path: Path,
    provider: str,
    address: str | None,
    agent: str,
    expected: dict[str, str],
) -> None:
    request = {
        "sessionID": "ses_1",
        "agent": agent,
        "model": {"providerID": provider},
        "provider": {"options": {} if address is None else {"baseURL": address}},
    }

    assert headers(opencode_elsewhere, tmp_path, request) == expected


@pytest.mark.parametrize(
    ("address", "expected"), [(HERE, {SESSION: "ses_1", AGENT: "build"}), ("https://api.anthropic.com", {})]
)
def test_an_address_from_the_environment_counts_as_well(
    opencode_elsewhere: OpenCode, tmp_path: Path, address: str, expected: dict[str, str]
) -> None:
    request = {"sessionID": "ses_1", "agent": "build", "model": {"providerID": "anthropic"}, "provider": {}}

    assert headers(opencode_elsewhere, tmp_path, request, ANTHROPIC_BASE_URL=address) == expected


def headers(opencode: OpenCode, folder: Path, request: dict[str, Any], **environment: str) -> Any:
    """What the plugin adds to a request of OpenCode 1."""
    script = f"""
        const output = {{ headers: {{}} }}
        await (await plugin.server())["chat.headers"]({json.dumps(request)}, output)
        console.log(JSON.stringify(output.headers))
    """
    return said(opencode, folder, script, **environment)


@pytest.mark.parametrize(
    ("provider", "address", "kind", "agent"),
    [
        ("anthropic", f"{HERE}/messages", "primary", "build"),
        ("anthropic", f"{HERE}/messages", "title", "title"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "primary", None),
        ("openai", f"{HERE}/messages", "primary", None),
    ],
)
def test_the_same_file_serves_opencode_2(
    opencode_elsewhere: OpenCode, tmp_path: Path, provider: str, address: str, kind: str, agent: str | None
) -> None:
    """By its published types: the program itself cannot be installed here."""
    event = {"sessionID": "ses_1", "agent": "build", "kind": kind, "model": {"providerID": provider}}
    script = f"""
        const event = {{ ...{json.dumps(event)}, request: new Request({json.dumps(address)}) }}
        const hook = async (name, does) => name === "http.request" && does(event)
        await plugin.setup({{ session: {{ hook }} }})
        console.log(JSON.stringify(Object.fromEntries(event.request.headers)))
    """

    expected = {} if agent is None else {SESSION: "ses_1", AGENT: agent}
    assert said(opencode_elsewhere, tmp_path, script) == expected


def said(opencode: OpenCode, folder: Path, script: str, **environment: str) -> Any:
    """What a script prints that uses the plugin, run by the Bun that is inside of OpenCode."""
    file = folder / "run.ts"
    file.write_text(f"import plugin from {json.dumps(str(PLUGIN_FILE))}\n{script}")
    done = subprocess.run(
        (opencode.program, "run", file),
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "BUN_BE_BUN": "1", **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    return json.loads(done.stdout)
