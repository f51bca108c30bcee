"""No CLI that is started, for whatever, calls anybody but the upstream, nor keeps figures to send later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.blocked import others_blocked
from tests.support.fidelity import TOOLS, result, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.proxy import calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.parametrize("access", ["a key", "a login"])
def test_no_cli_calls_anybody_but_the_upstream(
    access: str, api: ScriptedApi, own_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    changes: dict[str, object] = {"spares": 1}
    if access == "a login":
        monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        changes["upstream_api_key"] = None
    own = own_settings.model_copy(update=changes)
    with others_blocked(monkeypatch) as asked, isolated_proxy(own, ask_login=None) as proxy:
        client = proxy.client()
        client.say(user("hello"))
        (call,) = calls_of(client.say(user('CALL read {"path": "a"}')))
        client.say(user(result(call, "no such file", is_error=True)))
        wait_until(lambda: proxy.sessions["spare"] == 1)
        count = {"model": "claude-sonnet-4-5", "messages": client.messages, "tools": TOOLS}
        assert proxy.http.post("/v1/messages/count_tokens", json=count).status_code == 200
        assert proxy.http.get("/v1/models").status_code == 200
        wait_until(lambda: proxy.http.get("/health").json()["auth"]["logged_in"] is True)
        doctor(own_settings)

    assert asked == []
    assert not (home / ".claude" / "telemetry").exists()


def doctor(settings: Settings) -> None:
    """`towpath doctor`, which asks the CLI as well."""
    values = {"upstream_base_url": settings.upstream_base_url, "state_dir": settings.state_dir, "port": 0}
    variables = {Settings.env_name(name): str(value) for name, value in values.items()}
    program = Path(sys.executable).with_name("towpath")
    said = subprocess.run(
        [program, "doctor"], env={**os.environ, **variables}, capture_output=True, text=True
    )
    assert "Claude CLI" in said.stdout
