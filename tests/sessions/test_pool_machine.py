"""The real pool, sessions and dispatcher, whatever clients and processes do."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.sessions.fake_process import FakeProcess
from tests.sessions.known import LAUNCHES
from tests.sessions.world import IDLE_SECONDS, PARKED_SECONDS, TICK_SECONDS, Client, World, reply
from tests.support.profiles import scaled
from towpath.core.canonical import seed
from towpath.core.life import State
from towpath.sessions.memory_budget import MIB
from towpath.sessions.plan import Ending
from towpath.sessions.session import Session

T = TypeVar("T")
PICKS = st.integers(0, 9)


class PoolMachine(RuleBasedStateMachine):
    """``mishaps`` counts what can make a reply fail or need a second process."""

    @initialize(
        spares=st.integers(0, 3),
        mib=st.sampled_from([600, 1200, 2400]),
        linger=st.booleans(),
        is_orderly=st.booleans(),
    )
    def open(self, spares: int, mib: int, linger: bool, is_orderly: bool) -> None:
        self.world = World(spares=spares, mib=mib, linger=linger)
        self.is_orderly = is_orderly
        self.mishaps = 0
        self.known: set[Session] = set()

    def teardown(self) -> None:
        try:
            if self.is_orderly:
                self.everybody_gets_a_reply()
            self.the_pool_has_looked()
        finally:
            self.world.finish()

    @rule(names=st.lists(st.sampled_from("AAAABCF"), min_size=1, max_size=3))
    def conversations_begin(self, names: list[str]) -> None:
        for name in names:
            self.world.client(name).say()

    @precondition(lambda self: self.resting())
    @rule(picks=st.sets(PICKS, min_size=1), with_text=st.booleans())
    def conversations_go_on(self, picks: set[int], with_text: bool) -> None:
        resting = self.resting()
        for pick in {pick % len(resting) for pick in picks}:
            resting[pick].go_on(with_text=with_text)

    @precondition(lambda self: self.resting())
    @rule(pick=PICKS, how=st.sampled_from(["text", "ids"]))
    def a_client_goes_on_in_its_own_words(self, pick: int, how: str) -> None:
        client = one_of(self.resting(), pick)
        client.reword(how)
        client.go_on()

    @precondition(lambda self: self.resting())
    @rule(pick=PICKS)
    def a_client_takes_back_an_exchange(self, pick: int) -> None:
        client = one_of(self.resting(), pick)
        del client.messages[-2:]
        client.say()

    @precondition(lambda self: self.waiting())
    @rule(pick=PICKS)
    def a_client_leaves(self, pick: int) -> None:
        one_of(self.waiting(), pick).leave()
        self.world.loop.settle()

    @precondition(lambda self: self.starting())
    @rule(pick=PICKS)
    def a_process_comes_up(self, pick: int) -> None:
        one_of(self.starting(), pick).come_up()
        self.world.loop.settle()

    @precondition(lambda self: self.asked())
    @rule(pick=PICKS, calls=st.integers(0, 2))
    def a_process_replies(self, pick: int, calls: int) -> None:
        one_of(self.asked(), pick).say(*reply(calls=calls))
        self.world.loop.settle()

    @precondition(lambda self: self.asked())
    @rule(pick=PICKS)
    def a_reply_begins(self, pick: int) -> None:
        one_of(self.asked(), pick).begin_reply()
        self.world.loop.settle()

    @rule(calls=st.integers(0, 1))
    def all_processes_work(self, calls: int) -> None:
        """And the pool has time to look."""
        self.world.come_up()
        for process in self.asked():
            process.say(*reply(calls=calls))
        self.world.tick()

    @precondition(lambda self: self.living())
    @rule(pick=PICKS, refuses=st.booleans())
    def a_process_fails(self, pick: int, refuses: bool) -> None:
        """It dies on its own, or the API refuses what it was asked."""
        self.mishaps += 1
        process = one_of(self.living(), pick)
        if refuses and process.is_asked:
            process.refuse()
        else:
            process.die()  # and nobody has had time to do anything about it

    @precondition(lambda self: self.lingering())
    @rule(pick=PICKS)
    def a_process_has_stopped(self, pick: int) -> None:
        one_of(self.lingering(), pick).may_stop.set()
        self.world.loop.settle()

    @precondition(lambda self: self.living())
    @rule(pick=PICKS, mib=st.integers(100, 400))
    def a_process_grows(self, pick: int, mib: int) -> None:
        self.world.session_of(one_of(self.living(), pick)).memory_bytes = mib * MIB

    @rule(seconds=st.sampled_from([0.3, 20, 100]))
    def time_passes(self, seconds: float) -> None:
        self.world.loop.pass_time(seconds)

    @rule()
    def the_pool_has_looked(self) -> None:
        self.world.tick()
        closed = [self.world.process_of(one) for one in self.world.sessions(State.CLOSED)]
        assert all(process.is_stopping for process in closed)
        live = self.world.sessions(*(set(State) - {State.CLOSED}))
        occupied = sum(session.memory_bytes for session in live)
        assert occupied <= self.world.limits.memory_bytes or {s.state for s in live} <= {State.RUNNING}
        ages = {State.IDLE: IDLE_SECONDS, State.PARKED: PARKED_SECONDS}
        resting = [session for session in live if session.state in ages]
        now = self.world.loop.time()
        assert all(now - session.since < ages[session.state] + TICK_SECONDS for session in resting)
        assert not [s for s in live if s.state is State.PARKED and s.waiting_for & self.answered_calls()]

    @invariant()
    def a_process_answers_one_client_and_only_what_that_sent(self) -> None:
        clients = {str(request): client for client in self.world.clients for request in client.requests}
        for process in self.world.processes:
            assert len({clients[str(conversation)] for conversation in process.asked}) <= 1

    @invariant()
    def replies_fail_or_need_a_second_process_only_by_mishaps(self) -> None:
        again = [way for client in self.world.clients for way in client.ways if "failed" in way]
        assert len(again) + sum(client.errors for client in self.world.clients) <= self.mishaps

    @invariant()
    def calls_are_taken_for_answered_only_if_their_results_were_sent(self) -> None:
        self.known.update(self.world.sessions(*State))
        for session in self.known:
            if session.ended_for == Ending.ANSWERED:
                assert self.world.process_of(session).waiting_for & self.answered_calls()

    @invariant()
    def a_spare_that_is_handed_out_is_alive_and_of_its_launch(self) -> None:
        for launch in LAUNCHES.values():
            for spare in self.world.pool.holders(seed(launch.key)):
                process = self.world.process_of(spare)
                assert (spare.state, spare.launch, process.launch) == (State.SPARE, launch, launch)
                assert not process.has_ended
                assert not process.asked

    @invariant()
    def there_are_never_more_spares_than_allowed(self) -> None:
        assert len(self.world.sessions(State.SPARE)) <= self.world.limits.spares

    @invariant()
    def nothing_goes_wrong_unseen(self) -> None:
        assert self.world.loop.unhandled == []

    def everybody_gets_a_reply(self) -> None:
        for _ in range(3):  # a start may wait for another one
            self.all_processes_work(calls=0)
        assert not self.waiting()

    def answered_calls(self) -> set[str]:
        """The calls whose results some client has ever sent."""
        newest = (request[-1] for client in self.world.clients for request in client.requests)
        blocks = (block for message in newest for block in message["content"])
        return {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}

    def waiting(self) -> list[Client]:
        return [client for client in self.world.clients if client.is_waiting]

    def resting(self) -> list[Client]:
        return [client for client in self.world.clients if client.messages and not client.is_waiting]

    def starting(self) -> list[FakeProcess]:
        return [process for process in self.world.processes if process.is_starting]

    def asked(self) -> list[FakeProcess]:
        return [process for process in self.world.processes if process.is_asked]

    def living(self) -> list[FakeProcess]:
        return [p for p in self.world.processes if p.was_started and not p.has_ended]

    def lingering(self) -> list[FakeProcess]:
        return [p for p in self.world.processes if p.is_stopping and not p.may_stop.is_set()]


def one_of(things: Sequence[T], pick: int) -> T:
    return things[pick % len(things)]


TestPool = PoolMachine.TestCase
TestPool.settings = settings(
    deadline=None,
    max_examples=scaled(20, 500),
    stateful_step_count=30,
    phases=set(Phase) - {Phase.explain},  # it would take as long as all the rest
)
