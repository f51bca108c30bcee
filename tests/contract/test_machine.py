"""What the CLI takes of the machine (engine.md, M).

When a release changes a fact, its test here names it.
"""

import dataclasses
import sys
from pathlib import Path

import pytest
from claude_agent_sdk import ClaudeSDKClient

from tests.contract.bare_cli import HISTORY, Run, until_reply_ends
from tests.support.processes import cli_processes
from towpath.agent.parked_tools import ParkedTools
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names in /proc")
def test_m1_garbage_is_collected_at_an_interval_that_can_be_set(
    api: ScriptedApi, run: Run, tmp_path: Path
) -> None:
    def collectors() -> list[str]:
        (cli,) = cli_processes(tmp_path)
        names = [thread.read_text() for thread in Path(f"/proc/{cli.pid}/task").glob("*/comm")]
        return [name for name in names if name.startswith("HeapHelper")]

    seen_at_the_end_of_a_reply = []

    async def look(client: ClaudeSDKClient, _: ParkedTools) -> None:
        await until_reply_ends(client)
        seen_at_the_end_of_a_reply.append(collectors())

    often = {"BUN_GC_TIMER_INTERVAL": "20"}
    run(HISTORY, then=look)
    run(HISTORY, then=look, change=lambda ours: dataclasses.replace(ours, env={**ours.env, **often}))

    assert [bool(threads) for threads in seen_at_the_end_of_a_reply] == [False, True]
