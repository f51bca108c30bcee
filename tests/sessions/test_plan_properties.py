"""What holds for every plan, whatever the sessions are like."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sessions.known import LAUNCHES, Known
from towpath.core.gone_on import GoneOn
from towpath.core.launch import Launch
from towpath.core.life import State
from towpath.sessions.memory_budget import GROWN_PROCESS_BYTES, MIB, NEW_PROCESS_BYTES
from towpath.sessions.plan import Ending, Limits, Plan, plan

NOW = 1000.0


@dataclass(frozen=True)
class Situation:
    """All that a plan is made from."""

    sessions: list[Known]
    wanted: list[Launch]
    paces: dict[bytes, float]
    budget: int
    starting: int

    def plan(self) -> Plan[Known]:
        limits = Limits(idle_seconds=10, parked_seconds=100, memory_bytes=self.budget, spares=9)
        return plan(self.sessions, self.wanted, self.paces, limits, NOW, starting=self.starting)

    def is_likely_to_be_answered(self, session: Known) -> bool:
        """Said plainly: nothing speaks against it, and it does not wait for unusually long."""
        pace = self.paces.get(session.launch.key)
        is_doubtful = session.gone_on is not GoneOn.NO or (session.launch.forces_call and pace is None)
        usual = 10 if pace is None else max(60, 2 * pace)
        return session.state is State.PARKED and not is_doubtful and NOW - session.since < usual

    def occupied_without(self, ended: Iterable[Known]) -> int:
        left = [s for s in self.sessions if s not in ended and s.state is not State.CLOSED]
        return sum(session.memory_bytes for session in left) + self.starting * NEW_PROCESS_BYTES


AGES = {State.IDLE: 10.0, State.PARKED: 100.0}
# What rests has started.
STARTING = st.tuples(st.sampled_from([State.SPARE, State.RUNNING]), st.just(True))
STARTED = st.tuples(st.sampled_from(State), st.just(False))
SESSIONS = st.builds(
    lambda state, **others: Known(state[0], is_starting=state[1], **others),
    state=st.one_of(STARTED, STARTED, STARTED, STARTING),
    since=st.integers(0, 120).map(lambda age: NOW - age),
    launch=st.sampled_from([*LAUNCHES.values()]),
    memory_bytes=st.integers(50, 400).map(lambda mib: mib * MIB),
    gone_on=st.sampled_from([GoneOn.NO, GoneOn.NO, *GoneOn]),
)
SITUATIONS = st.builds(
    Situation,
    sessions=st.lists(SESSIONS, max_size=7),
    wanted=st.lists(st.sampled_from([*LAUNCHES.values()]), max_size=4),
    paces=st.dictionaries(st.sampled_from([one.key for one in LAUNCHES.values()]), st.integers(0, 90)),
    budget=st.integers(0, 2000).map(lambda mib: mib * MIB),
    starting=st.integers(0, 1),
)
fuzzed = settings(deadline=None, max_examples=40)


@fuzzed
@given(SITUATIONS)
def test_only_sessions_that_rest_end_and_each_once(situation: Situation) -> None:
    ended = situation.plan().end

    assert not {session.state for session in ended} & {State.RUNNING, State.CLOSED}
    assert len(set(ended)) == len(ended)


@fuzzed
@given(SITUATIONS)
def test_afterwards_the_budget_holds_or_nothing_that_rests_is_left(situation: Situation) -> None:
    ended = situation.plan().end

    left = {session.state for session in situation.sessions if session not in ended}
    assert situation.occupied_without(ended) <= situation.budget or left <= {State.RUNNING, State.CLOSED}


@fuzzed
@given(SITUATIONS)
def test_afterwards_nothing_has_rested_too_long(situation: Situation) -> None:
    ended = situation.plan().end

    left = [s for s in situation.sessions if s not in ended and s.state in AGES]
    assert all(NOW - session.since < AGES[session.state] for session in left)


@fuzzed
@given(SITUATIONS)
def test_no_young_session_and_no_wanted_spare_ends_without_need(situation: Situation) -> None:
    ended = situation.plan().end

    wanted = Counter(launch.key for launch in situation.wanted)
    spares = Counter(s.launch.key for s in situation.sessions if s.state is State.SPARE)
    unwanted = (spares - wanted).total()
    due = [s for s, why in ended.items() if why not in (Ending.MEMORY, Ending.UNWANTED)]
    due += [s for s in ended if s.state is State.SPARE][:unwanted]
    missed = [s for s in ended if s not in due]
    assert (
        not missed or situation.occupied_without([s for s in ended if s is not missed[-1]]) > situation.budget
    )


@fuzzed
@given(SITUATIONS)
def test_a_spare_is_started_only_if_it_fits_and_is_missing_and_nobody_starts(situation: Situation) -> None:
    decided = situation.plan()

    if decided.prepare:
        left = [s for s in situation.sessions if s not in decided.end and s.state is not State.CLOSED]
        there = [s for s in left if s.state is State.SPARE and s.launch == decided.prepare]
        assert situation.occupied_without(decided.end) + GROWN_PROCESS_BYTES <= situation.budget
        assert len(there) < situation.wanted.count(decided.prepare)
        assert not situation.starting and not any(session.is_starting for session in left)


@fuzzed
@given(SITUATIONS)
def test_a_plan_that_was_carried_out_ends_nothing_more(situation: Situation) -> None:
    ended = situation.plan().end
    left = [session for session in situation.sessions if session not in ended]

    assert replace(situation, sessions=left).plan().end == {}


@fuzzed
@given(SITUATIONS)
def test_only_age_and_memory_end_what_is_likely_to_be_answered(situation: Situation) -> None:
    for session, why in situation.plan().end.items():
        if situation.is_likely_to_be_answered(session):
            age = NOW - session.since
            assert why is Ending.MEMORY or (why is Ending.PARKED and age >= AGES[State.PARKED])


@fuzzed
@given(SITUATIONS)
def test_for_memory_no_likely_answer_and_no_idle_one_goes_before_what_waits_in_vain(
    situation: Situation,
) -> None:
    ended = situation.plan().end
    spared = [
        s
        for s in situation.sessions
        if s not in ended and s.state is State.PARKED and not situation.is_likely_to_be_answered(s)
    ]

    assert not spared or Ending.MEMORY not in [
        why
        for s, why in ended.items()
        if s.state is not State.PARKED or situation.is_likely_to_be_answered(s)
    ]


@fuzzed
@given(SITUATIONS)
def test_what_was_answered_elsewhere_ends(situation: Situation) -> None:
    ended = situation.plan().end

    answered = [s for s in situation.sessions if s.state is State.PARKED and s.gone_on is GoneOn.SURELY]
    assert all(ended[session] in (Ending.ANSWERED, Ending.PARKED) for session in answered)
