"""Which sessions end: by age, then by number, and never one that runs."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.core.ways import State
from towpath.sessions.plan import Limits, sessions_to_end

LIMITS = Limits(idle_seconds=10, parked_seconds=100, sessions=3)
NOW = 1000.0


@dataclass(eq=False)
class Resting:
    """A session as the plan sees it."""

    state: State
    since: float


def names(kinds: str, *, limits: Limits = LIMITS) -> str:
    """The ends of sessions given as words like ``idle:4``: a state and an age in seconds."""
    words = kinds.split()
    sessions = {}
    for word in words:
        state, _, age = word.partition(":")
        sessions[Resting(State(state), NOW - float(age or 0))] = word
    return " ".join(sessions[session] for session in sessions_to_end(sessions, limits, NOW))


@pytest.mark.parametrize(
    ("sessions", "ended"),
    [
        pytest.param("", "", id="none"),
        pytest.param("idle:9 parked:99 running:999", "", id="young"),
        pytest.param("idle:10", "idle:10", id="idle-long-enough"),
        pytest.param("parked:99 parked:100", "parked:100", id="parked-long-enough"),
        pytest.param("running:5000", "", id="running-for-long"),
        pytest.param("closed:5000", "", id="ended-already"),
        pytest.param("idle:1 idle:2 idle:3", "", id="at-the-limit"),
        pytest.param("idle:1 idle:3 idle:2 idle:0", "idle:3", id="the-oldest-idle"),
        pytest.param("idle:1 idle:3 idle:2 idle:0 idle:4", "idle:4 idle:3", id="the-two-oldest"),
        pytest.param("parked:90 idle:1 parked:80 parked:70", "parked:90", id="abandoned-calls-go-first"),
        pytest.param("parked:1 parked:3 parked:2 idle:0 idle:9", "idle:9 parked:3", id="by-rest-alone"),
        pytest.param("parked:1 parked:3 parked:2 running:0", "parked:3", id="the-oldest-parked"),
        pytest.param("running running running running", "", id="too-many-that-run"),
        pytest.param("running running running idle:0", "idle:0", id="running-ones-fill-the-limit"),
        pytest.param("closed closed closed idle:0", "", id="closed-ones-do-not-count"),
        pytest.param("idle:11 idle:1 idle:2 idle:3", "idle:11", id="the-aged-make-room"),
        pytest.param("parked:100 idle:1 idle:2 idle:3", "parked:100", id="the-aged-make-room-for-idle-ones"),
    ],
)
def test_these_sessions_end(sessions: str, ended: str) -> None:
    assert names(sessions) == ended


@pytest.mark.parametrize("sessions", [0, -1])
def test_a_limit_of_none_ends_all_that_rest(sessions: int) -> None:
    limits = Limits(idle_seconds=10, parked_seconds=100, sessions=sessions)

    assert names("running idle:1 parked:2", limits=limits) == "parked:2 idle:1"


SESSIONS = st.lists(
    st.builds(Resting, st.sampled_from(State), st.integers(0, 120).map(lambda age: NOW - age)), max_size=8
)
COUNTS = st.integers(-1, 8)


@settings(deadline=None, max_examples=60)
@given(SESSIONS, COUNTS)
def test_only_sessions_that_rest_end_and_each_once(sessions: list[Resting], count: int) -> None:
    ended = sessions_to_end(sessions, Limits(10, 100, count), NOW)

    assert all(session.state in (State.IDLE, State.PARKED) for session in ended)
    assert len(set(ended)) == len(ended)


@settings(deadline=None, max_examples=60)
@given(SESSIONS, COUNTS)
def test_afterwards_the_limit_holds_unless_all_that_are_left_run(sessions: list[Resting], count: int) -> None:
    ended = sessions_to_end(sessions, Limits(10, 100, count), NOW)

    left = [s for s in sessions if s not in ended and s.state is not State.CLOSED]
    assert len(left) <= count or all(session.state is State.RUNNING for session in left)


@settings(deadline=None, max_examples=60)
@given(SESSIONS, COUNTS)
def test_no_session_ends_without_need(sessions: list[Resting], count: int) -> None:
    ended = sessions_to_end(sessions, Limits(10, 100, count), NOW)

    live = [session for session in sessions if session.state is not State.CLOSED]
    young = [s for s in ended if NOW - s.since < (10 if s.state is State.IDLE else 100)]
    assert not young or len(live) - len(ended) >= count


@settings(deadline=None, max_examples=60)
@given(SESSIONS, COUNTS)
def test_afterwards_nothing_has_rested_too_long(sessions: list[Resting], count: int) -> None:
    ended = sessions_to_end(sessions, Limits(10, 100, count), NOW)

    left = [session for session in sessions if session not in ended]
    assert all(NOW - session.since < 10 for session in left if session.state is State.IDLE)
    assert all(NOW - session.since < 100 for session in left if session.state is State.PARKED)
