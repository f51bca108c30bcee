"""How the CLI is logged in, as /health and the doctor say it: in the way that conversations are."""

import json
from pathlib import Path

import pytest

from tests.support.fidelity import user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from towpath.cli.doctor.program import login
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

ELSEWHERE = {"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}, "apiKeyHelper": "echo dummy"}


@pytest.mark.parametrize("whose", ["the start folder's", "the user's"])
def test_settings_that_conversations_do_not_go_by_are_not_reported(
    whose: str, api: ScriptedApi, own_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"the user's": tmp_path / "home", "the start folder's": tmp_path / "project"}
    for place in places.values():
        (place / ".claude").mkdir(parents=True)
    (places[whose] / ".claude" / "settings.json").write_text(json.dumps(ELSEWHERE))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "project")
    with isolated_proxy(own_settings, ask_login=None) as proxy:
        proxy.client().say(user("hello"))
        wait_until(lambda: proxy.http.get("/health").json()["status"] != "starting")
        said = proxy.http.get("/health").json()["auth"]

    assert len(api.exchanges) == 1
    assert (said["logged_in"], said["provider"]) == (True, "firstParty")
    assert login(own_settings, {"HOME": str(tmp_path / "home")}).detail.endswith("(firstParty)")
