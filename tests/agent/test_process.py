"""A process as its owner sees it, as far as no CLI is needed."""

import asyncio
from pathlib import Path

import pytest

from towpath.agent.passthrough import PassthroughProcess
from towpath.core.launch import Launch

pytestmark = pytest.mark.slow

MESSAGE = {"role": "user", "content": [{"type": "text", "text": "x" * 1000}]}


def test_a_start_that_is_given_up_leaves_no_files(tmp_path: Path) -> None:
    """A thread writes them, and goes on when the start is cancelled: here at many moments of it."""
    launch = Launch(model="m", system="s" * 1000, body={}, cwd=str(tmp_path))

    async def give_up_after(steps: int) -> None:
        own = tmp_path / "own" / str(steps)
        process = PassthroughProcess(launch, own, {}, start_timeout_seconds=60, on_verdict=lambda _: None)
        start = asyncio.create_task(process.start([MESSAGE] * 200, {}, on_end=lambda: None))
        for _ in range(steps):
            await asyncio.sleep(0)
        start.cancel()
        await asyncio.wait([start])
        await process.stop()
        await process.remove_files()

    for steps in range(0, 120, 2):
        asyncio.run(give_up_after(steps))  # waits for its threads

    assert list((tmp_path / "own").glob("*/*")) == []
