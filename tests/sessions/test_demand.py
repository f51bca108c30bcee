"""Which launches deserve a spare, and in which order."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sessions.known import LAUNCHES, launch
from towpath.sessions.demand import Demand

KEPT_SECONDS = 100.0
# A launch, + where a conversation begins or . where one goes on, and when.
WORD = re.compile(r"(\w+?)([+.])(\d+(?:\.\d+)?)")


def demand(notes: str) -> Demand:
    """After these requests, which came in this order."""
    noted = Demand(KEPT_SECONDS)
    for word in notes.split():
        parts = WORD.fullmatch(word)
        assert parts, word
        noted.note(launch(parts[1]), float(parts[3]), begins=parts[2] == "+")
    return noted


def wanted(notes: str | Demand, *, places: int = 99, now: float = 60.0) -> str:
    noted = demand(notes) if isinstance(notes, str) else notes
    return " ".join(one.model for one in noted.wanted(places, now))


@pytest.mark.parametrize(
    ("notes", "names"),
    [
        pytest.param("", "", id="nobody"),
        pytest.param("A+1", "A", id="one-that-began"),
        pytest.param("A.1", "A", id="one-that-only-went-on"),
        pytest.param("A+1 B+2 C+3", "C B A", id="the-latest-beginning-first"),
        pytest.param("A+1 B.2", "A B", id="never-begun-last"),
        pytest.param("B.1 A+2 B.3", "A B", id="never-begun-last-whatever-came-first"),
        pytest.param("A+1 A+11 B+20", "A B", id="two-beginnings-before-one"),
        pytest.param("A+1 A+2 A+3 B+11 B+22", "B A", id="three-are-no-more-than-two"),
        pytest.param("A+1 B+2 B+12 A+22", "A B", id="of-those-with-two-the-latest"),
        pytest.param("A+1 B+2 A.3", "B A", id="use-alone-changes-nothing"),
    ],
)
def test_launches_that_were_used_are_wanted_in_this_order(notes: str, names: str) -> None:
    assert wanted(notes) == names


@pytest.mark.parametrize(
    ("notes", "names"),
    [
        pytest.param("A+1 A+1.9", "A A", id="two-at-once"),
        pytest.param("A+1 A+2", "A", id="one-after-the-other"),
        pytest.param("A+1 A+1.6 A+2.2", "A A", id="no-more-than-two-within-a-second"),
        pytest.param("A+1 A+1 A+1 A+30", "A A A", id="some-time-ago"),
        pytest.param("A+1 A.1 A.1", "A", id="only-beginnings-count"),
        pytest.param("A+1 A+1 B+9 C.9", "A B C A", id="one-for-each-before-a-second"),
        pytest.param("A+1 A+1 A+1 B+9 B+9", "B A B A A", id="in-the-same-order-each-round"),
        pytest.param("A+1 " * 20, "A " * 7 + "A", id="eight-at-most"),
    ],
)
def test_a_launch_that_begins_in_bursts_is_wanted_so_many_times(notes: str, names: str) -> None:
    assert wanted(notes) == names


@pytest.mark.parametrize(
    ("notes", "now", "names"),
    [
        pytest.param("A+1 B.1", 100.9, "A B", id="not-yet"),
        pytest.param("A+1 B.1", 101, "", id="all"),
        pytest.param("A+1 B+2", 101, "B", id="the-older-one"),
        pytest.param("A+1 A.50", 101, "A", id="use-keeps-a-launch"),
        pytest.param("A+1 A+11 A.50 B+2 B.50", 102, "A B", id="one-beginning-of-two-is-left"),
        pytest.param("A+1 A+1 A.50", 101, "A", id="a-burst"),
    ],
)
def test_what_was_long_ago_no_longer_counts(notes: str, now: float, names: str) -> None:
    assert wanted(notes, now=now) == names


@pytest.mark.parametrize(("places", "names"), [(0, ""), (1, "B"), (2, "B A"), (3, "B A A"), (9, "B A A")])
def test_there_are_no_more_than_places(places: int, names: str) -> None:
    assert wanted("A+1 A+1 B+9 B+19", places=places) == names


def test_a_launch_of_an_access_that_is_refused_is_not_wanted() -> None:
    noted = Demand(900)
    for name in ("A", "A@work"):
        noted.note(launch(name), 0, begins=True)

    assert [one.model for one in noted.wanted(9, 1, without={"work"})] == ["A"]
    assert wanted(noted, now=1) == "A@work A"


def test_a_launch_whose_spare_died_is_wanted_when_it_is_used_again() -> None:
    noted = demand("A+1 B+2")

    noted.forget(launch("A"))
    assert wanted(noted) == "B"

    noted.note(launch("A"), 3, begins=True)
    assert wanted(noted) == "A B"


def test_a_launch_that_is_not_known_can_be_forgotten() -> None:
    noted = demand("A+1")
    noted.forget(launch("B"))

    assert wanted(noted) == "A"


def test_the_launches_used_last_are_known_and_32_at_most() -> None:
    noted = demand("A+1 B+2 A.3 " + " ".join(f"L{number}+4" for number in range(31)))

    names = wanted(noted).split()
    assert len(names) == 32
    assert "A" in names
    assert "B" not in names


def test_the_pace_of_a_launch_is_the_longest_of_its_last_eight_waits() -> None:
    noted = demand("A+1 B+2")
    assert noted.paces() == {}

    noted.answered(launch("A"), 70)
    for seconds in (1, 5, 2, 3, 1, 1, 1):
        noted.answered(launch("A"), seconds)
    assert noted.paces() == {launch("A").key: 70}

    noted.answered(launch("A"), 4)
    assert noted.paces() == {launch("A").key: 5}


def test_the_pace_goes_with_its_launch() -> None:
    noted = demand("A+1")
    noted.answered(launch("A"), 1)
    noted.answered(launch("B"), 1)
    noted.forget(launch("A"))

    assert noted.paces() == {}


NOTES = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.integers(0, 40).map(lambda tenths: tenths / 10), st.booleans())
)
fuzzed = settings(deadline=None, max_examples=40)


def noted_in_order(notes: list[tuple[str, float, bool]]) -> Demand:
    noted = Demand(KEPT_SECONDS)
    for name, seconds, begins in sorted(notes, key=lambda note: note[1]):
        noted.note(LAUNCHES[name], seconds, begins=begins)
    return noted


@fuzzed
@given(NOTES, st.lists(st.sampled_from("ABCD")))
def test_the_order_does_not_change_by_mere_use(notes: list[tuple[str, float, bool]], used: list[str]) -> None:
    """A change may cost a process."""
    noted = noted_in_order(notes)
    before = wanted(noted)
    for name in used:
        if name in before:
            noted.note(LAUNCHES[name], 50, begins=False)

    assert wanted(noted) == before


@fuzzed
@given(NOTES, st.integers(0, 6))
def test_fewer_places_are_a_beginning_of_more(notes: list[tuple[str, float, bool]], places: int) -> None:
    noted = noted_in_order(notes)

    assert wanted(noted, places=places).split() == wanted(noted).split()[:places]


@fuzzed
@given(NOTES)
def test_every_launch_used_lately_is_wanted(notes: list[tuple[str, float, bool]]) -> None:
    assert set(wanted(noted_in_order(notes)).split()) == {name for name, _, _ in notes}
