"""A session that ends at any moment of its life leaves nothing, and nobody who waits.

Each test stops a conversation after some steps of the event loop, from its request to its reply.
"""

from collections.abc import Callable

import pytest

from tests.sessions.world import Client, World
from towpath.core.errors import ApiError
from towpath.core.life import IllegalTransition
from towpath.sessions.exchange import Exchange

Opened = Callable[..., World]
STEPS = range(20)
at_any_moment = pytest.mark.parametrize("steps", STEPS)


def living(world: World, steps: int) -> Client:
    """The second client of a world, this many steps after its request."""
    world.client().say()
    world.tick()
    client = world.client()
    client.say(steps=steps)
    return client


def test_the_steps_are_a_whole_life(opened: Opened) -> None:
    young, old = (living(opened(eager=True), steps) for steps in (STEPS[0], STEPS[-1]))

    assert (young.is_waiting, young.ways) == (True, [])
    assert (old.is_waiting, len(old.ways)) == (False, 1)


def test_one_task_does_all_that_is_done_to_a_process(world: World) -> None:
    """The SDK wants that, and every world of these tests looks at its end that it was so."""
    client = world.begun(calls=1)
    client.go_on()
    world.reply_to(client)
    client.say(steps=1)
    client.leave()
    world.loop.settle()

    (process,) = world.processes
    assert process.is_stopped
    assert len(process.touched_by) == 1


@at_any_moment
def test_a_session_can_be_ended(opened: Opened, steps: int) -> None:
    world = opened(eager=True)
    client = living(world, steps)
    for session in list(world.pool._sessions):
        session.end("the test")
    world.loop.settle()

    assert not client.is_waiting
    assert client.ways


@at_any_moment
def test_a_client_can_leave(opened: Opened, steps: int) -> None:
    world = opened(eager=True)
    client = living(world, steps)
    has_replied = not client.is_waiting
    client.leave()
    world.loop.settle()

    assert not client.is_waiting
    assert len(world.pool._sessions) == 1 + has_replied


@at_any_moment
def test_a_client_can_leave_while_its_process_starts(opened: Opened, steps: int) -> None:
    world = opened()
    world.begun()
    client = world.client()
    client.say(steps=steps)
    client.leave()
    world.loop.settle()

    assert not client.is_waiting
    assert [process.is_starting for process in world.processes[1:]] in ([], [False])


@at_any_moment
@pytest.mark.parametrize("linger", [False, True], ids=["ends-at-once", "takes-its-time-to-end"])
def test_a_client_can_leave_before_the_pool_closes(opened: Opened, steps: int, linger: bool) -> None:
    world = opened(eager=True, linger=linger)
    living(world, steps).leave()

    world.close()


@at_any_moment
def test_the_pool_can_close(opened: Opened, steps: int) -> None:
    world = opened(eager=True)
    living(world, steps)

    world.close()


@at_any_moment
def test_a_process_can_die(opened: Opened, steps: int) -> None:
    world = opened(eager=True)
    client = living(world, steps)
    world.processes[-1].die()
    world.loop.settle()

    assert not client.is_waiting
    assert client.ways


@pytest.mark.parametrize("error", [OSError, TimeoutError, KeyError])
def test_a_reply_that_raises_what_nobody_foresaw_is_an_error(opened: Opened, error: type[Exception]) -> None:
    """It must not pass for a turn that does not finish: that one's client has its answer already."""
    world = opened()
    client = world.client()
    client.say()
    world.come_up()
    world.processes[0].fail(error())
    world.loop.settle()

    assert not client.is_waiting
    assert isinstance(client.error, ApiError)
    assert client.error.status == 500


def test_a_session_that_has_not_begun_can_be_ended(opened: Opened) -> None:
    world = opened()
    world.client().say(steps=1)
    (session,) = world.pool._sessions
    session.end("the test")
    world.loop.settle()

    assert session not in world.pool._sessions
    assert not world.processes[0].was_started


def test_a_session_that_serves_somebody_cannot_be_given_to_another(opened: Opened) -> None:
    world = opened()
    world.client().say()
    (session,) = world.pool.sessions
    exchange = Exchange((), (), (), "resume")
    with pytest.raises(IllegalTransition, match="running"):
        session.take(exchange)


def test_closing_waits_until_all_processes_have_ended(opened: Opened) -> None:
    world = opened(linger=True, eager=True)
    for _ in range(2):
        world.client().say()
    closing = world.loop.create_task(world.pool.close())
    for process in world.processes:
        world.loop.settle()
        assert not closing.done()
        process.may_stop.set()
    world.loop.settle()

    assert closing.done()


def test_a_session_that_ends_can_be_told_to_end(opened: Opened) -> None:
    world = opened(linger=True)
    world.client().say()
    (session,) = world.pool._sessions
    for _ in range(2):
        session.end("the test")
        world.loop.settle()

    assert world.processes[0].is_stopping
    assert session in world.pool._sessions
