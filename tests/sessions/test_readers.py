"""Clients that do not read for a while, and those that do not read to the end."""

from collections.abc import Callable

import pytest

from tests.sessions.world import IDLE_SECONDS, TICK_SECONDS, Client, World, reply
from tests.support.fidelity import text
from towpath.core.life import State

# Around the 256 events that are kept for a client, besides the one that it has read.
COUNTS = [250, 254, 255, 256, 257, 300]


def slow_reader(world: World, count: int) -> Client:
    """One that has read the first event of a reply. This many more follow, and the end."""
    client = world.client()
    client.may_read.clear()
    client.say()
    world.come_up()
    world.processes[0].say(*[text("word")] * count)
    world.loop.settle()
    return client


def read_on(client: Client, world: World) -> None:
    client.may_read.set()
    world.loop.settle()
    assert not client.is_waiting


def test_a_client_that_does_not_read_holds_the_model_back(opened: Callable[..., World]) -> None:
    world = opened()
    client = slow_reader(world, 300)
    assert world.processes[0].is_held_back

    read_on(client, world)
    assert not world.processes[0].is_held_back


@pytest.mark.parametrize("count", COUNTS)
def test_a_reply_that_nobody_reads_is_not_cut_off_by_the_plan(
    opened: Callable[..., World], count: int
) -> None:
    world = opened()
    client = slow_reader(world, count)
    world.loop.pass_time(IDLE_SECONDS + TICK_SECONDS)
    read_on(client, world)

    assert client.error is None
    assert len(client.events) == 1 + count + 1


@pytest.mark.parametrize("count", COUNTS)
def test_a_reply_that_is_ended_while_nobody_reads_ends(opened: Callable[..., World], count: int) -> None:
    world = opened()
    client = slow_reader(world, count)
    world.session_of(world.processes[0]).end("the test")
    world.loop.settle()
    read_on(client, world)

    assert (client.error is None) == (len(client.events) == 1 + count + 1)


def test_a_client_may_go_as_soon_as_it_has_seen_the_end(opened: Callable[..., World]) -> None:
    world = opened()
    client = world.client()
    client.reads_until = "message_stop"
    client.say()
    world.come_up()
    world.processes[0].say(*reply())
    world.loop.settle()

    assert not client.is_waiting
    assert len(world.sessions(State.IDLE)) == 1


def test_the_model_does_not_go_on_for_a_client_that_goes_in_the_middle(opened: Callable[..., World]) -> None:
    world = opened()
    client = world.client()
    client.reads_until = "message_start"
    client.say()
    world.come_up()
    world.processes[0].begin_reply()
    world.loop.settle()

    assert world.processes[0].is_stopped
