"""A process that says nothing for too long ends, and its client is told; waiting for others is no stall."""

from collections.abc import Callable

import pytest

from tests.sessions.fake_process import FakeProcess
from tests.sessions.world import PARKED_SECONDS, Client, World, reply
from tests.support.fidelity import text
from towpath.core.life import State
from towpath.sessions.stalls import StallTimeouts

FIRST_EVENT_SECONDS, STALL_SECONDS = 200.0, 100.0
TIMEOUTS = StallTimeouts(FIRST_EVENT_SECONDS, STALL_SECONDS)

# A stall is noticed so much too late at most.
LATE = 1.1
MANY_EVENTS = 300  # more than an exchange holds


@pytest.fixture
def world(opened: Callable[..., World]) -> World:
    """One without spares."""
    return opened(stall_timeouts=TIMEOUTS)


def asked(world: World) -> tuple[Client, FakeProcess]:
    """A client whose process has its request."""
    client = world.client()
    client.say()
    world.come_up()
    return client, world.processes[-1]


def ended(world: World, process: FakeProcess) -> bool:
    return process.is_stopped and world.sessions(*State) == []


def test_no_first_event_is_a_timeout_and_is_not_tried_again(world: World) -> None:
    client, process = asked(world)
    world.loop.pass_time(FIRST_EVENT_SECONDS * 0.99)
    assert client.is_waiting
    world.loop.pass_time(FIRST_EVENT_SECONDS * (LATE - 0.99))

    assert not client.is_waiting
    assert client.error
    assert (client.error.status, client.error.type) == (504, "timeout_error")
    assert f"{FIRST_EVENT_SECONDS:g} s" in client.error.message
    assert len(world.processes) == 1
    assert ended(world, process)


def test_a_stream_that_falls_silent_ends_with_an_error(world: World) -> None:
    client, process = asked(world)
    process.begin_reply()
    world.loop.pass_time(STALL_SECONDS * 0.99)
    assert client.is_waiting
    world.loop.pass_time(STALL_SECONDS * (LATE - 0.99))

    assert [event["type"] for event in client.events] == ["message_start"]
    assert client.error
    assert (client.error.status, client.error.type) == (504, "timeout_error")
    assert "broke off" in client.error.message
    assert len(world.processes) == 1
    assert ended(world, process)


def test_what_no_client_sees_is_a_sign_of_life(world: World) -> None:
    client, process = asked(world)
    for _ in range(5):
        world.loop.pass_time(FIRST_EVENT_SECONDS * 0.9)
        process.heard += 1
    process.say(text("done"))
    world.loop.settle()

    assert (client.is_waiting, client.error) == (False, None)


def test_a_running_tool_is_no_stall(world: World) -> None:
    client, process = asked(world)
    process.begin_reply()
    process.is_working = True
    world.loop.pass_time(STALL_SECONDS * 10)
    process.is_working = False
    world.loop.pass_time(STALL_SECONDS * 0.9)
    assert client.is_waiting
    process.finish_reply(text("done"))
    world.loop.settle()

    assert (client.is_waiting, client.error) == (False, None)


def test_a_start_does_not_count(world: World) -> None:
    client = world.client()
    client.say()
    world.loop.pass_time(FIRST_EVENT_SECONDS * 2)
    world.come_up()
    world.loop.pass_time(FIRST_EVENT_SECONDS * 0.9)
    assert client.is_waiting
    world.processes[-1].say(text("done"))
    world.loop.settle()

    assert (client.is_waiting, client.error) == (False, None)


def test_a_client_that_takes_its_time_is_no_stall(world: World) -> None:
    client, process = asked(world)
    client.may_read.clear()
    process.say(*[text("much")] * MANY_EVENTS)
    world.loop.pass_time(STALL_SECONDS * 5)
    client.may_read.set()
    world.loop.settle()

    assert (client.is_waiting, client.error) == (False, None)


def test_parked_time_does_not_count(world: World) -> None:
    client, process = asked(world)
    process.say(*reply(calls=1))
    world.loop.settle()
    assert PARKED_SECONDS * 0.9 > STALL_SECONDS
    world.loop.pass_time(PARKED_SECONDS * 0.9)
    client.go_on()
    process.say(*reply())
    world.loop.settle()

    assert client.ways[-1].startswith("answer")
    assert client.error is None


def test_a_process_that_does_not_end_holds_no_client(opened: Callable[..., World]) -> None:
    world = opened(linger=True, stall_timeouts=TIMEOUTS)
    client, process = asked(world)
    world.loop.pass_time(FIRST_EVENT_SECONDS * LATE)

    assert not client.is_waiting
    assert process.is_alive
