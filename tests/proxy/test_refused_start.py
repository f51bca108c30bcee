"""A CLI that comes up and then refuses what the SDK asks of it first."""

import os
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import request, user
from tests.support.program import towpath_process
from towpath.agent.parent import tied_to_parent
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(not tied_to_parent(), reason="CLIs are started by setpriv only where it is"),
]

# Called as setpriv is; the first CLI that is to answer a conversation refuses, all others are the real one.
REFUSES_ONCE = """#!{python}
import json, os, sys
command = sys.argv[sys.argv.index("--") + 1 :]
try:
    if "--resume" not in " ".join(command):
        raise FileExistsError
    os.close(os.open("{mark}", os.O_CREAT | os.O_EXCL))
except FileExistsError:
    os.execv("{setpriv}", sys.argv)
asked = json.loads(sys.stdin.readline())
refusal = {{"subtype": "error", "request_id": asked["request_id"], "error": "not now"}}
print(json.dumps({{"type": "control_response", "response": refusal}}), flush=True)
sys.stdin.read()
"""


def test_a_cli_that_refuses_to_begin_is_replaced(
    api: ScriptedApi, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, program = tmp_path / "refused", tmp_path / "bin" / "setpriv"
    program.parent.mkdir()
    script = REFUSES_ONCE.format(python=sys.executable, mark=mark, setpriv=tied_to_parent()[0])
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    own = settings.model_copy(update={"state_dir": tmp_path / "state"})
    with towpath_process(own) as (_, url), httpx.Client(base_url=url, timeout=60) as http:
        response = http.post("/v1/messages", json=request([user("hello")]))

    assert response.status_code == 200, response.text
    assert response.headers["x-towpath-reason"] == "start failed: the Claude CLI did not start: not now"
    assert mark.exists()
    assert len(api.exchanges) == 1
