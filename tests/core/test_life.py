"""The states of a session: which may follow which, and the drawing of it."""

from itertools import product

import pytest

from scripts.life import DOCUMENT, renewed
from towpath.core.life import FIRST, NEXT, IllegalTransition, State, followed

LEGAL = {
    (State.SPARE, State.RUNNING),
    (State.RUNNING, State.IDLE),
    (State.RUNNING, State.PARKED),
    (State.IDLE, State.RUNNING),
    (State.PARKED, State.RUNNING),
    *((state, State.CLOSED) for state in State if state is not State.CLOSED),
}


@pytest.mark.parametrize(("state", "new"), list(product(State, State)))
def test_a_state_follows_another_one_only_as_the_table_says(state: State, new: State) -> None:
    if (state, new) in LEGAL:
        assert followed(state, new) is new
    else:
        with pytest.raises(IllegalTransition) as caught:
            followed(state, new)
        assert (caught.value.state, caught.value.new) == (state, new)


def test_every_state_can_be_reached_and_left_but_the_last() -> None:
    assert set(NEXT) == set(State)
    assert {new for following in NEXT.values() for new in following} | {FIRST} == set(State)
    assert [state for state, following in NEXT.items() if not following] == [State.CLOSED]


def test_the_drawing_in_the_document_is_the_table() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert text == renewed(text), "ARCHITECTURE.md is old: uv run python -m scripts.life"
