"""Nobody but a client makes a process ask the model; what the CLI would let in is in tests/contract."""

import json
import time
from pathlib import Path

import pytest

from tests.support.fidelity import result, seen, sent, user
from tests.support.processes import doors_of, wait_until
from tests.support.proxy import calls_of
from tests.support.stand import stand
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

HOUR_MS = 3_600_000


def test_an_idle_a_parked_and_a_spare_process_have_no_door(
    api: ScriptedApi, settings: Settings, tmp_path: Path
) -> None:
    """They run in a project that has a task for Claude Code which is overdue."""
    workspace = tmp_path / "work"
    (workspace / ".claude").mkdir(parents=True)
    task = {"id": "abcd1234", "cron": "* * * * *", "prompt": "OVERDUE", "recurring": True}
    tasks = {"tasks": [{**task, "createdAt": round(time.time() * 1000) - HOUR_MS}]}
    (workspace / ".claude" / "scheduled_tasks.json").write_text(json.dumps(tasks))
    own_settings = settings.model_copy(
        update={"state_dir": tmp_path / "state", "workdir": workspace, "spares": 1}
    )
    with stand(own_settings) as own:
        idle, parked = own.client(), own.client()
        idle.say(user("hello"))
        (call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
        wait_until(lambda: (own.sessions["idle"], own.sessions["parked"], own.sessions["spare"]) == (1, 1, 1))

        assert [doors_of(process) for process in own.processes] == [[], [], []]

        idle.say(user("again"))
        assert seen(api.last) == sent(idle.messages[:-1])
        parked.say(user(result(call, "done")))
        assert seen(api.last) == sent(parked.messages[:-1])

    assert (idle.ways[-1], parked.ways[-1]) == ("resume", "answer")
    assert len(api.exchanges) == 4
