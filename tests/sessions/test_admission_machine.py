"""The gate against a list of who should be where, whatever comes, leaves or gives up."""

import asyncio
from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.sessions.quiet_loop import QuietLoop
from tests.support.profiles import scaled
from towpath.core.errors import ApiError
from towpath.sessions.admission import Admission

PICKS = st.integers(0, 9)


class Guest:
    """An exchange at the gate; inside it stays until it is told to leave."""

    def __init__(self, number: int, *, answers: bool) -> None:
        self.number = number
        self.answers = answers
        self.may_leave = asyncio.Event()
        self.task: asyncio.Task[None]

    def __repr__(self) -> str:
        return f"{self.number}{'a' * self.answers}"


class Gate(RuleBasedStateMachine):
    """``inside`` and ``queue`` say who should be where; ``seen`` and ``entered`` who was let in, and when."""

    @initialize(running=st.integers(1, 3), room=st.integers(0, 4))
    def open(self, running: int, room: int) -> None:
        self.loop = QuietLoop()
        self.admission = Admission(running=running, waiting=room)
        self.running, self.room = running, room
        self.guests: list[Guest] = []
        self.inside: list[Guest] = []
        self.queue: list[Guest] = []
        self.really_inside: list[Guest] = []

    def teardown(self) -> None:
        try:
            while self.inside:
                self.leave(0)
                self.everybody_is_where_he_should_be()
            assert not self.queue
            assert not self.loop.unhandled
        finally:
            self.loop.finish()

    @rule(answers=st.booleans())
    def arrive(self, answers: bool) -> None:
        guest = Guest(len(self.guests), answers=answers)
        is_full = len(self.inside) == self.running and len(self.queue) >= self.room
        guest.task = self.loop.create_task(self._visit(guest))
        self.loop.settle()
        if is_full:
            refusal = guest.task.exception()
            assert isinstance(refusal, ApiError)
            assert refusal.status == 529
            assert int(refusal.headers["retry-after"]) > 0
        else:
            self.guests.append(guest)
            self.queue.append(guest)
            self._let_in()

    @precondition(lambda self: self.inside)
    @rule(pick=PICKS)
    def leave(self, pick: int) -> None:
        guest = one_of(self.inside, pick)
        guest.may_leave.set()
        self.loop.settle()
        self.inside.remove(guest)
        self._let_in()

    @precondition(lambda self: self.inside)
    @rule(pick=PICKS)
    def give_up(self, pick: int) -> None:
        guest = one_of(self.inside + self.queue, pick)
        guest.task.cancel()
        self.loop.settle()
        self._without(guest)

    @precondition(lambda self: self.queue)
    @rule(pick=PICKS, steps=st.integers(0, 4), other=PICKS)
    def leave_and_give_up_at_once(self, pick: int, steps: int, other: int) -> None:
        """One leaves and, some moments later, one that waits does: it may just be given the place."""
        leaving, waiting = one_of(self.inside, pick), one_of(self._in_order(), other // 3)
        leaving.may_leave.set()
        self.loop.step(steps)
        waiting.task.cancel()
        self.loop.settle()
        self.inside.remove(leaving)
        self._without(waiting)

    @invariant()
    def everybody_is_where_he_should_be(self) -> None:
        assert sorted(self.really_inside, key=repr) == sorted(self.inside, key=repr)
        assert len(self.really_inside) <= self.running
        assert self.admission.waiting == len(self.queue)
        assert not self.queue or len(self.really_inside) == self.running

    async def _visit(self, guest: Guest) -> None:
        async with self.admission.enter(answers=guest.answers):
            self.really_inside.append(guest)
            try:
                await guest.may_leave.wait()
            finally:
                self.really_inside.remove(guest)

    def _in_order(self) -> list[Guest]:
        return sorted(self.queue, key=lambda guest: not guest.answers)

    def _let_in(self) -> None:
        while self.queue and len(self.inside) < self.running:
            first = self._in_order()[0]
            self.queue.remove(first)
            self.inside.append(first)

    def _without(self, gone: Guest) -> None:
        self.inside = [guest for guest in self.inside if guest is not gone]
        self.queue = [guest for guest in self.queue if guest is not gone]
        self._let_in()


def one_of(guests: Sequence[Guest], pick: int) -> Guest:
    return guests[pick % len(guests)]


TestGate = Gate.TestCase
TestGate.settings = settings(deadline=None, max_examples=scaled(20, 500), stateful_step_count=25)
