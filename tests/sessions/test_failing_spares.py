"""Spares that do not come up, or die: no client notices, and they do not come again at once."""

from collections.abc import Callable

import pytest

from tests.sessions.known import launch
from tests.sessions.world import TICK_SECONDS, World, reply
from towpath.core.canonical import seed
from towpath.core.errors import ApiError
from towpath.core.life import State
from towpath.sessions.memory_budget import MIB


def test_a_spare_that_died_is_not_handed_out(world: World) -> None:
    spare = world.spare()
    world.come_up()
    spare.die()

    assert not world.pool.holders(seed(launch("A").key))
    assert world.begun().ways == ["start: the conversation begins"]


def test_a_spare_that_does_not_come_up_is_not_handed_out(world: World) -> None:
    world.spare().fail_to_start()
    world.loop.settle()

    assert not world.pool.holders(seed(launch("A").key))
    assert world.begun().ways == ["start: the conversation begins"]


def test_who_was_handed_a_spare_that_does_not_come_up_gets_a_new_process(world: World) -> None:
    spare = world.spare()
    client = world.client()
    client.say()
    spare.fail_to_start()
    world.come_up()
    world.processes[-1].say(*reply())
    world.loop.settle()

    assert client.ways == ["start: resume failed: the Claude CLI did not start"]
    assert world.processes[-1].asked == client.requests
    assert not spare.asked


@pytest.mark.parametrize("steps", range(8))
def test_who_was_handed_a_spare_that_dies_just_then_gets_a_new_process(
    opened: Callable[..., World], steps: int
) -> None:
    world = opened(spares=1, linger=True)
    spare = world.spare()
    world.come_up()
    client = world.client()
    client.say(steps=steps)
    spare.die()
    world.loop.settle()
    world.come_up()
    world.processes[-1].say(*reply())
    world.loop.settle()

    (way,) = client.ways
    assert way.startswith("start:")
    assert world.processes[-1].asked == client.requests


def test_who_was_handed_a_spare_that_fails_does_not_wait_for_its_end(opened: Callable[..., World]) -> None:
    world = opened(spares=1, linger=True)
    spare = world.spare()
    world.client().say()
    spare.fail_to_start()
    world.loop.settle()

    assert spare.is_stopping
    assert world.processes[-1] is not spare
    assert world.processes[-1].is_starting


def test_a_process_that_fails_twice_is_an_error(world: World) -> None:
    client = world.client()
    client.say()
    for number in range(2):
        world.processes[number].fail_to_start()
        world.loop.settle()

    assert client.error
    assert client.error.status == 500
    assert len(world.processes) == 2


@pytest.mark.parametrize("linger", [False, True], ids=["ends-at-once", "takes-its-time-to-end"])
@pytest.mark.parametrize("comes_up", [True, False], ids=["dies", "does-not-come-up"])
def test_the_launch_of_a_spare_that_failed_gets_no_other_one_until_it_is_used_again(
    opened: Callable[..., World], linger: bool, comes_up: bool
) -> None:
    world = opened(spares=1, linger=linger)
    spare = world.spare()
    if comes_up:
        world.come_up()
    spare.die()
    world.loop.pass_time(3 * TICK_SECONDS)
    assert world.sessions(State.SPARE) == []
    count = len(world.processes)

    client = world.begun()
    world.tick()

    assert client.ways == ["start: the conversation begins"]
    assert [process.is_starting for process in world.processes[count:]] == [False, True]


def test_a_session_that_dies_is_no_reason_to_have_no_spare(world: World) -> None:
    world.begun()
    world.processes[0].die()
    world.tick()

    assert len(world.sessions(State.SPARE)) == 1


def test_a_launch_whose_spare_had_to_make_room_gets_another_one(opened: Callable[..., World]) -> None:
    world = opened(spares=1, mib=500)
    spare = world.spare()
    world.clients[0].go_on()
    running = world.session_of(world.processes[0])
    running.memory_bytes = 400 * MIB
    world.tick()
    assert spare.is_stopped

    running.memory_bytes = 100 * MIB
    world.tick()

    assert len(world.sessions(State.SPARE)) == 1


def test_a_spare_starts_only_where_somebody_is_logged_in(opened: Callable[..., World]) -> None:
    world = opened(spares=1)
    client = world.client()
    client.say()
    world.come_up()
    world.processes[0].fail(ApiError(401, "not logged in"))
    world.loop.pass_time(3 * TICK_SECONDS)
    assert client.errors == 1
    assert world.sessions(State.SPARE) == []

    world.begun()
    world.tick()

    assert len(world.sessions(State.SPARE)) == 1


def test_a_login_that_is_refused_leaves_other_accesses_their_spares(opened: Callable[..., World]) -> None:
    world = opened(spares=2)
    world.client("A").say()
    world.come_up()
    world.processes[0].fail(ApiError(401, "not logged in"))
    world.loop.pass_time(TICK_SECONDS)

    world.begun("A@work")
    world.loop.pass_time(3 * TICK_SECONDS)

    assert [spare.launch.access for spare in world.sessions(State.SPARE)] == ["work"]
