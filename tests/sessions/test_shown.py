"""What a debugger, a log or a failed assertion shows of these objects: their state."""

import asyncio
from collections.abc import Callable

from tests.sessions.quiet_loop import QuietLoop
from tests.sessions.world import World
from towpath.core.life import State
from towpath.sessions.admission import Admission


def test_a_pool_shows_its_sessions(opened: Callable[..., World]) -> None:
    world = opened(linger=True)
    world.begun(calls=1)
    world.begun()
    world.begun()
    world.client().say()
    (idle, *_) = world.sessions(State.IDLE)
    idle.end("the test")

    assert repr(world.pool) == "<Pool: 0 spare, 1 running, 1 idle, 1 parked, 1 ending>"


def test_an_admission_shows_who_runs_and_who_waits() -> None:
    loop, admission = QuietLoop(), Admission(running=2, waiting=5)

    async def stay() -> None:
        async with admission.enter():
            await asyncio.Event().wait()

    for _ in range(3):
        loop.create_task(stay())
    loop.settle()
    shown = repr(admission)
    loop.finish()

    assert shown == "<Admission: 2 of 2 running, 1 of 5 waiting>"
