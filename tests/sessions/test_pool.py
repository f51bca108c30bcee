"""The pool with processes that obey the test: spares, how many start at once, what a tick ends."""

import gc
from collections.abc import Callable

import pytest

from tests.sessions.known import launch
from tests.sessions.world import IDLE_SECONDS, TICK_SECONDS, World, reply
from towpath.core.canonical import seed
from towpath.core.life import State
from towpath.sessions.exchange import Exchange
from towpath.sessions.memory_budget import MIB

FROM_SPARE = "resume: a spare waited for such a conversation"
NEW = "start: the conversation begins"


def test_two_processes_a_core_start_at_once(opened: Callable[..., World]) -> None:
    world = opened(cores=3)
    for _ in range(8):
        world.client().say()
    assert [process.is_starting for process in world.processes] == [True] * 6 + [False] * 2

    world.processes[3].come_up()
    world.loop.settle()

    assert [process.is_starting for process in world.processes[6:]] == [True, False]


def test_a_spare_starts_when_nobody_else_does(world: World) -> None:
    world.client().say()
    world.tick()
    assert len(world.processes) == 1

    world.come_up()
    world.tick()

    assert [process.is_starting for process in world.processes] == [False, True]


def test_without_places_there_is_no_spare(opened: Callable[..., World]) -> None:
    world = opened(spares=0)
    world.begun()
    world.tick()

    assert len(world.processes) == 1


def test_a_spare_serves_the_next_conversation_of_its_launch(world: World) -> None:
    spare = world.spare()
    world.come_up()
    client = world.begun()

    assert client.ways == [FROM_SPARE]
    assert spare.asked == client.requests


def test_a_spare_goes_on_like_any_other_session(world: World) -> None:
    spare = world.spare()
    world.come_up()
    client = world.begun()
    client.go_on()
    spare.say(*reply(calls=2))
    world.loop.settle()
    client.go_on(with_text=True)
    spare.say(*reply())
    world.loop.settle()

    assert [way.partition(":")[0] for way in client.ways] == ["resume", "resume", "answer"]
    assert spare.asked == client.requests


def test_a_spare_is_handed_out_once(world: World) -> None:
    spare = world.spare()
    world.come_up()
    first, second = world.begun(), world.begun()

    assert (first.ways, second.ways) == ([FROM_SPARE], [NEW])
    assert spare.asked == first.requests


def test_a_spare_is_not_for_another_launch(world: World) -> None:
    spare = world.spare()
    world.come_up()
    other = world.begun("B")

    assert other.ways == [NEW]
    assert not spare.asked


def test_a_spare_that_was_handed_out_is_replaced(world: World) -> None:
    spare = world.spare()
    world.come_up()
    world.begun()
    world.tick()

    assert world.processes[-1] is not spare
    assert world.sessions(State.SPARE) == [world.session_of(world.processes[-1])]


def test_a_spare_that_still_starts_can_be_handed_a_request(world: World) -> None:
    spare = world.spare()
    client = world.begun()

    assert client.ways == [FROM_SPARE]
    assert spare.asked == client.requests


def test_a_spare_that_is_ready_goes_before_one_that_starts(world: World) -> None:
    for _ in range(2):  # at once: they deserve two
        world.client().say()
    world.come_up()
    world.tick()
    ready = world.processes[-1]
    ready.come_up()
    world.tick()

    assert [one.is_starting for one in world.pool.holders(seed(launch("A").key))] == [False, True]
    world.client().say()
    assert ready.is_asked


def test_the_spares_of_what_is_no_longer_used_end(world: World) -> None:
    spare = world.spare()
    world.come_up()
    world.loop.pass_time(IDLE_SECONDS)

    assert spare.is_stopped
    assert world.sessions(*State) == []


def test_a_spare_makes_way_for_one_that_is_wanted_more(opened: Callable[..., World]) -> None:
    world = opened(spares=1)
    spare = world.spare()
    world.come_up()
    world.begun("B")
    world.tick()

    assert spare.is_stopped
    assert [session.launch for session in world.sessions(State.SPARE)] == [launch("B")]


def test_a_request_that_needs_a_process_ends_an_idle_one_if_there_is_no_room(
    opened: Callable[..., World],
) -> None:
    world = opened(mib=400)
    for _ in range(2):
        world.begun()
    world.session_of(world.processes[1]).memory_bytes = 200 * MIB
    world.client().say()

    assert [process.is_stopped for process in world.processes] == [True, False, False]


def test_an_idle_session_that_is_used_now_and_then_stays(opened: Callable[..., World]) -> None:
    world = opened()
    client = world.begun()
    for _ in range(3):
        world.loop.pass_time(IDLE_SECONDS - TICK_SECONDS)
        client.go_on()
        world.processes[0].say(*reply())
        world.loop.settle()

    assert client.ways[1:] == ["resume: the idle session holds the rest"] * 3


def test_what_the_api_refused_is_not_held(opened: Callable[..., World]) -> None:
    world = opened()
    client = world.begun()
    client.go_on()
    world.processes[0].refuse()
    world.loop.settle()
    assert client.error
    client.go_on()

    assert world.processes[0].is_stopped
    world.come_up()
    assert world.processes[1].asked == client.requests[-1:]


def test_a_tick_ends_an_idle_one_that_has_grown(opened: Callable[..., World]) -> None:
    world = opened(mib=400)
    world.begun()
    world.session_of(world.processes[0]).memory_bytes = 401 * MIB
    world.tick()

    assert world.processes[0].is_stopped


@pytest.mark.parametrize("error", [OSError("Too many open files"), RuntimeError("can't start new thread")])
def test_what_cannot_be_measured_is_measured_later(opened: Callable[..., World], error: Exception) -> None:
    """The pool looks at its sessions all the same."""

    def cannot(_: object) -> dict[int, int]:
        raise error

    world = opened(measure=cannot)
    world.begun()
    world.tick()
    world.loop.pass_time(IDLE_SECONDS + TICK_SECONDS)

    assert world.sessions(*State) == []


def test_a_session_that_rests_keeps_no_exchange(opened: Callable[..., World]) -> None:
    """The conversation is up to 32 MB, and the client has it."""
    world = opened()
    first = world.begun()
    world.processes[0].die()
    world.loop.settle()
    first.say()
    world.come_up()
    world.processes[1].say(*reply())
    world.loop.settle()
    assert first.ways[1].startswith("start")
    gc.collect()

    assert not [one for one in gc.get_objects() if type(one) is Exchange]
