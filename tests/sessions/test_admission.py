"""The gate: how many run at once, who is next, and who is sent away."""

import asyncio

import pytest

from towpath.core.errors import ApiError
from towpath.sessions.admission import Admission


class Guests:
    """Exchanges by name, each in a task; an exchange that is in stays until it is told to leave."""

    def __init__(self, *, running: int, waiting: int) -> None:
        self.admission = Admission(running=running, waiting=waiting)
        self.inside: list[str] = []
        self.seen: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def arrive(self, *names: str, answers: bool = False) -> None:
        """They come in this order; each has entered or waits when this returns."""
        for name in names:
            self._leave[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._visit(name, answers=answers))
            await asyncio.sleep(0)  # lets the task run to where it waits

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await self._tasks[name]
        await asyncio.sleep(0)  # lets the next one in

    async def leave_to_one_that_gives_up(self, name: str, heir: str) -> None:
        """The place was passed to the heir, who has not noticed yet."""
        self._leave[name].set()
        await asyncio.sleep(0)
        assert self._tasks[name].done()
        await self.give_up(heir)

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])
        await asyncio.sleep(0)

    async def _visit(self, name: str, *, answers: bool) -> None:
        async with self.admission.enter(answers=answers):
            self.seen.append(name)
            self.inside.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.inside.remove(name)


async def test_no_more_than_allowed_run_at_once() -> None:
    guests = Guests(running=2, waiting=10)
    await guests.arrive("a", "b", "c")

    assert guests.inside == ["a", "b"]
    assert guests.admission.waiting == 1


async def test_first_come_is_first_served() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b", "c", "d")
    for name in "abcd":
        assert guests.inside == [name]
        await guests.leave(name)

    assert guests.seen == ["a", "b", "c", "d"]
    assert guests.admission.waiting == 0


async def test_a_late_one_does_not_overtake_those_that_wait() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b")
    await guests.leave("a")
    await guests.arrive("c")

    assert guests.inside == ["b"]


async def test_answers_go_before_the_rest_and_each_in_their_order() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b", "c")
    await guests.arrive("x", "y", answers=True)
    assert guests.admission.waiting == 4
    for name in "axybc":
        assert guests.inside == [name]
        await guests.leave(name)


async def test_answers_do_not_overtake_those_that_run() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a")
    await guests.arrive("x", answers=True)

    assert guests.inside == ["a"]
    assert guests.admission.waiting == 1


async def test_one_that_gives_up_leaves_the_queue() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b", "c")
    await guests.give_up("b")
    assert guests.admission.waiting == 1
    await guests.leave("a")

    assert guests.seen == ["a", "c"]


async def test_one_that_gives_up_while_it_runs_makes_room() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b")
    await guests.give_up("a")

    assert guests.inside == ["b"]


async def test_a_place_passed_to_one_that_just_gives_up_is_not_lost() -> None:
    guests = Guests(running=1, waiting=10)
    await guests.arrive("a", "b", "c")
    await guests.leave_to_one_that_gives_up("a", "b")

    assert guests.inside == ["c"]


async def test_one_that_fails_makes_room() -> None:
    guests = Guests(running=1, waiting=10)
    with pytest.raises(ApiError, match="no luck"):
        async with guests.admission.enter():
            raise ApiError(500, "no luck")
    await guests.arrive("a")

    assert guests.inside == ["a"]


async def test_a_full_queue_sends_away_with_a_time_to_try_again() -> None:
    guests = Guests(running=1, waiting=2)
    await guests.arrive("a", "b")
    await guests.arrive("c", answers=True)
    with pytest.raises(ApiError) as caught:
        async with guests.admission.enter(answers=True):
            pass

    error = caught.value
    assert (error.status, error.type) == (529, "overloaded_error")
    assert int(error.headers["retry-after"]) > 0
    assert "CLAUDE_PROXY_MAX_CONCURRENT" in error.message
    assert error.message.startswith("1 request running and 2 waiting; ")
    assert guests.admission.waiting == 2


async def test_without_room_to_wait_there_is_still_room_to_run() -> None:
    guests = Guests(running=1, waiting=0)
    await guests.arrive("a")
    assert guests.inside == ["a"]

    with pytest.raises(ApiError):
        async with guests.admission.enter():
            pass


async def test_one_that_gives_up_makes_room_in_the_queue() -> None:
    guests = Guests(running=1, waiting=1)
    await guests.arrive("a", "b")
    await guests.give_up("b")
    await guests.arrive("c")
    await guests.leave("a")

    assert guests.inside == ["c"]
