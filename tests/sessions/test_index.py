"""The index of what sessions hold: as a look at all of them would find it."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from towpath.core.canonical import Tip, seed
from towpath.core.life import State
from towpath.sessions.index import Index

TIPS = [seed(name) for name in (b"a", b"b", b"c")]


@dataclass(eq=False)
class Held:
    tip: Tip | None = None
    state: State = State.RUNNING
    ended_for: str = ""


STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([*TIPS, None])), max_size=30)


@given(STEPS)
def test_it_finds_what_a_look_at_all_sessions_finds(steps: list[tuple[int, Tip | None]]) -> None:
    sessions, index = [Held() for _ in range(5)], Index[Held]()
    for number, tip in steps:
        sessions[number].tip = tip
        index.note(sessions[number])

        for one in TIPS:
            assert {*index.holders(one)} == {session for session in sessions if session.tip == one}
            assert index.ended(one) == ""


def ended(index: Index[Held], tip: Tip, why: str) -> None:
    session = Held(tip, State.IDLE)
    index.note(session)
    session.tip, session.state, session.ended_for = None, State.CLOSED, why
    index.note(session)


def test_it_knows_why_the_last_session_of_a_conversation_ended() -> None:
    index = Index[Held]()
    ended(index, TIPS[0], "idle for too long")
    ended(index, TIPS[0], "memory short")
    ended(index, TIPS[1], "")

    assert [index.ended(tip) for tip in TIPS] == ["memory short", "its process died", ""]
    assert index.holders(TIPS[0]) == ()


def test_a_session_that_was_given_work_has_not_ended() -> None:
    index, session = Index[Held](), Held(TIPS[0], State.IDLE)
    index.note(session)
    session.tip, session.state = None, State.RUNNING
    index.note(session)
    session.state = State.CLOSED
    index.note(session)

    assert index.ended(TIPS[0]) == ""


def test_of_those_that_ended_it_remembers_the_last_thousand() -> None:
    index = Index[Held]()
    tips = [seed(str(number).encode()) for number in range(1001)]
    for tip in tips:
        ended(index, tip, "idle for too long")

    assert [bool(index.ended(tip)) for tip in tips] == [False] + [True] * 1000
