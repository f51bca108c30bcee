"""Parked sessions whose calls nobody will answer: which end, when, and what the next request is told."""

from collections.abc import Callable

import pytest

from tests.sessions.world import IDLE_SECONDS, PARKED_SECONDS, TICK_SECONDS, World, reply
from tests.support.fidelity import image, result
from towpath.core.life import State
from towpath.sessions.memory_budget import MIB, NEW_PROCESS_BYTES
from towpath.sessions.plan import Ending

Opened = Callable[..., World]
NOBODY = "start: no session holds this conversation"
MINUTE = 60.0


@pytest.fixture
def world(opened: Opened) -> World:
    """A world with nothing special in it."""
    return opened()


def parked(world: World) -> int:
    return len(world.sessions(State.PARKED))


def test_a_client_that_leaves_the_text_out_leaves_no_session_parked(world: World) -> None:
    client = world.begun(calls=2)
    for _ in range(3):
        client.reword("text")
        client.go_on()
        world.reply_to(client, calls=2)

    assert client.ways[1:] == [
        f"{NOBODY}: message 2 changed",
        f"{NOBODY}: message 4 changed",
        f"{NOBODY}: message 6 changed",
    ]
    assert parked(world) == 1


def test_a_process_that_has_just_replied_writes_down_what_it_added_before_it_ends(world: World) -> None:
    client = world.client()
    client.say()
    world.come_up()
    (first,) = world.processes
    first.has_written = False
    first.say(*reply(calls=1))
    world.loop.settle()
    client.reword("text")
    client.go_on()
    assert not first.is_stopping
    assert not world.processes[1].was_started

    first.has_written = True
    world.loop.pass_time(0.1)

    assert first.is_stopped
    assert world.processes[1].is_starting


def test_results_that_a_parked_session_cannot_take_end_it(world: World) -> None:
    client = world.begun(calls=1)
    call = client.messages[-1]["content"][-1]["id"]
    client.say(result(call, [image()]))
    world.come_up()

    assert parked(world) == 0
    assert client.requests[-1] == world.processes[1].asked[0]


def test_a_change_of_the_launch_ends_it(world: World) -> None:
    client = world.begun("F", calls=1)
    client.launch = world.client("A").launch
    client.go_on()
    world.reply_to(client)

    assert client.ways[1] == f"{NOBODY}: model changed"
    assert parked(world) == 0


def test_a_client_that_numbers_its_calls_leaves_sessions_for_a_minute(world: World) -> None:
    client = world.begun(calls=1)
    client.reword("ids")
    client.go_on()
    world.reply_to(client)
    assert parked(world) == 1

    world.loop.pass_time(MINUTE + TICK_SECONDS)

    assert parked(world) == 0


@pytest.mark.parametrize("is_retry", [True, False], ids=["retry", "edit"])
def test_who_comes_back_to_an_earlier_place_ends_nothing(world: World, *, is_retry: bool) -> None:
    client = world.begun()
    client.go_on()
    world.reply_to(client, calls=1)
    *before, newest = client.requests[-1]
    other = world.client()
    other.messages = before
    other.say(*(newest["content"] if is_retry else []))
    world.reply_to(other, calls=1)
    world.loop.pass_time(MINUTE + TICK_SECONDS)
    client.go_on()
    world.reply_to(client)

    assert client.ways[-1].startswith("answer")


def test_of_two_conversations_with_the_same_words_each_ends_its_own_session(world: World) -> None:
    first, second = world.client(), world.client()
    for client in (first, second):
        client.say({"type": "text", "text": "the same"})
        world.come_up()
        (process,) = [p for p in world.processes if p.is_asked]
        process.say({"type": "tool_use", "id": f"toolu_{id(client)}", "name": "read", "input": {}})
        world.loop.settle()
    call = first.messages[-1]["content"][-1]["id"]
    first.say(result(call, [image()]))
    world.reply_to(first)
    world.loop.pass_time(MINUTE + TICK_SECONDS)
    second.go_on()
    world.reply_to(second)

    assert second.ways[-1].startswith("answer")


def test_forced_calls_are_not_kept_for_long(world: World) -> None:
    for _ in range(3):
        world.begun("F", calls=1)
    world.loop.pass_time(MINUTE - TICK_SECONDS)
    assert parked(world) == 3

    world.loop.pass_time(2 * TICK_SECONDS)

    assert world.sessions(*State) == []


def test_a_launch_whose_forced_calls_are_answered_keeps_them_longer(world: World) -> None:
    client = world.begun("F", calls=1)
    client.go_on()
    world.reply_to(client, calls=1)
    world.loop.pass_time(MINUTE - 2)
    assert parked(world) == 1

    client.go_on()
    world.reply_to(client, calls=1)
    world.loop.pass_time(2 * MINUTE - 2 * TICK_SECONDS)

    assert client.ways[1:] == ["answer: the parked session waits for these results"] * 2
    assert parked(world) == 1


def test_forced_calls_take_no_room_from_idle_sessions_and_spares(opened: Opened) -> None:
    world = opened(spares=1, mib=5 * NEW_PROCESS_BYTES // MIB)
    chats = [world.begun(), world.begun()]
    world.tick()
    world.come_up()
    for _ in range(8):
        world.begun("F", calls=1)
    assert len(world.sessions(State.IDLE)) == 2

    world.tick()
    world.come_up()
    for client in chats:
        client.go_on()
        world.reply_to(client)

    assert [client.ways[-1] for client in chats] == ["resume: the idle session holds the rest"] * 2
    assert len(world.sessions(State.SPARE)) == 1


@pytest.mark.parametrize(
    ("calls", "seconds", "why"),
    [(0, IDLE_SECONDS, "idle for too long"), (1, PARKED_SECONDS, "its calls unanswered for too long")],
)
def test_a_request_is_told_why_its_session_ended(world: World, calls: int, seconds: float, why: str) -> None:
    client = world.begun(calls=calls)
    world.loop.pass_time(seconds + TICK_SECONDS)
    client.go_on()
    world.reply_to(client)

    assert client.ways[1] == f"{NOBODY}: its session ended, {why}"


def test_a_request_is_told_that_the_process_died(world: World) -> None:
    client = world.begun()
    world.processes[0].die()
    world.loop.settle()
    client.go_on()
    world.reply_to(client)

    assert client.ways[1] == f"{NOBODY}: its session ended, its process died"


def test_a_request_is_told_that_memory_was_short(opened: Opened) -> None:
    world = opened(mib=NEW_PROCESS_BYTES // MIB)
    client = world.begun()
    world.begun("B")
    client.go_on()
    world.reply_to(client)

    assert client.ways[1] == f"{NOBODY}: its session ended, memory short"
    assert world.pool.ends[Ending.MEMORY] == 2
