"""Nobody but a client makes a process ask the model; what the CLI would let in is in tests/contract."""

import json
import time
from pathlib import Path

import pytest

from tests.support.fidelity import result, seen, sent, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import doors_of, wait_until
from tests.support.proxy import calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

HOUR_MS = 3_600_000


def test_an_idle_a_parked_and_a_spare_process_have_no_door(
    api: ScriptedApi, own_settings: Settings, tmp_path: Path
) -> None:
    """They run in a project that has a task for Claude Code which is overdue."""
    workspace = tmp_path / "work"
    (workspace / ".claude").mkdir(parents=True)
    task = {"id": "abcd1234", "cron": "* * * * *", "prompt": "OVERDUE", "recurring": True}
    tasks = {"tasks": [{**task, "createdAt": round(time.time() * 1000) - HOUR_MS}]}
    (workspace / ".claude" / "scheduled_tasks.json").write_text(json.dumps(tasks))
    with isolated_proxy(own_settings.model_copy(update={"workdir": workspace, "spares": 1})) as proxy:
        idle, parked = proxy.client(), proxy.client()
        idle.say(user("hello"))
        (call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
        wait_until(
            lambda: (proxy.sessions["idle"], proxy.sessions["parked"], proxy.sessions["spare"]) == (1, 1, 1)
        )

        assert [doors_of(process) for process in proxy.processes] == [[], [], []]

        idle.say(user("again"))
        assert seen(api.last) == sent(idle.messages[:-1])
        parked.say(user(result(call, "done")))
        assert seen(api.last) == sent(parked.messages[:-1])

    assert (idle.ways[-1], parked.ways[-1]) == ("resume", "answer")
    assert len(api.exchanges) == 4
