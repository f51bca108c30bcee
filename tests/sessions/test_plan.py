"""Which sessions end and which spares start: by age, by what is wanted, by memory; never one that runs."""

import re

import pytest
from tests.sessions.known import LAUNCHES, Known

from towpath.core.ways import State
from towpath.sessions.plan import GROWN_PROCESS_BYTES, MIB, NEW_PROCESS_BYTES, Limits, plan

NOW = 1000.0
GROWN = GROWN_PROCESS_BYTES // MIB
NEW = NEW_PROCESS_BYTES // MIB
# A launch (A if it does not matter), a state, an age in seconds, 100 MiB or =MiB, ! while it starts.
WORD = re.compile(r"((?P<launch>\w)\.)?(?P<state>\w+)(:(?P<age>\d+))?(=(?P<mib>\d+))?(?P<starting>!)?")


def known(word: str) -> Known:
    parts = WORD.fullmatch(word)
    assert parts, word
    return Known(
        State(parts["state"]),
        NOW - float(parts["age"] or 0),
        LAUNCHES[parts["launch"] or "A"],
        int(parts["mib"] or 100) * MIB,
        bool(parts["starting"]),
    )


def decide(words: str, *, wanted: str = "", mib: int = 10_000, starting: int = 0) -> str:
    """The words of the sessions that end, in order, and behind a + the launch that gets a spare."""
    sessions = {known(word): word for word in words.split()}
    limits = Limits(idle_seconds=10, parked_seconds=100, memory_bytes=mib * MIB, spares=9)
    decided = plan(sessions, [LAUNCHES[name] for name in wanted], limits, NOW, starting=starting)
    prepared = [f"+{decided.prepare.model}"] if decided.prepare else []
    return " ".join([sessions[session] for session in decided.end] + prepared)


@pytest.mark.parametrize(
    ("sessions", "ended"),
    [
        pytest.param("", "", id="none"),
        pytest.param("idle:9 parked:99 running:999", "", id="young"),
        pytest.param("idle:9 idle:10", "idle:10", id="idle-long-enough"),
        pytest.param("parked:99 parked:100", "parked:100", id="parked-long-enough"),
        pytest.param("running:5000", "", id="running-for-long"),
        pytest.param("closed:5000", "", id="ended-already"),
    ],
)
def test_who_rests_for_too_long_ends(sessions: str, ended: str) -> None:
    assert decide(sessions) == ended


def test_a_spare_does_not_age() -> None:
    assert decide("A.spare:5000", wanted="A") == ""


@pytest.mark.parametrize(
    ("sessions", "mib", "ended"),
    [
        pytest.param("idle:1 idle:3 idle:2", 300, "", id="just-enough"),
        pytest.param("idle:1 idle:3 idle:2", 299, "idle:3", id="the-least-recently-used"),
        pytest.param("idle:1 idle:3 idle:2", 199, "idle:3 idle:2", id="the-two-least-recently-used"),
        pytest.param("parked:9 spare:9 idle:1", 299, "idle:1", id="idle-before-a-spare"),
        pytest.param("parked:9 spare:1 idle:1", 199, "idle:1 spare:1", id="a-spare-before-a-parked-one"),
        pytest.param("parked:9 parked:8 spare:1", 200, "spare:1", id="a-spare-before-parked-ones"),
        pytest.param("parked:10 spare:1 idle:1", 299, "parked:10", id="a-parked-one-that-was-given-up"),
        pytest.param("parked:8 parked:9 running", 299, "parked:9", id="the-parked-that-rests-longest"),
        pytest.param("parked idle running:9 spare running", 0, "idle spare parked", id="all-that-rest"),
        pytest.param("running running:9 running", 100, "", id="running-ones-never"),
        pytest.param("running=250 idle:1=50 idle:2", 300, "idle:2", id="running-ones-count"),
        pytest.param("closed=900 idle", 100, "", id="closed-ones-do-not-count"),
        pytest.param("idle:1=250 idle:2=50", 260, "idle:2=50", id="by-rest-and-not-by-size"),
        pytest.param("idle:1=250 idle:2=50", 200, "idle:2=50 idle:1=250", id="until-it-is-enough"),
        pytest.param("idle:11 idle:1 idle:2", 200, "idle:11", id="the-aged-make-room"),
        pytest.param("idle:2 spare:1 spare:2", 200, "spare:1", id="unwanted-spares-make-room"),
    ],
)
def test_over_the_budget_what_is_missed_least_ends(sessions: str, mib: int, ended: str) -> None:
    assert decide(sessions, mib=mib, wanted="A") == ended


def test_who_is_about_to_start_needs_room() -> None:
    sessions = "idle:1 idle:2"

    assert decide(sessions, mib=200 + NEW, starting=1) == ""
    assert decide(sessions, mib=199 + NEW, starting=1) == "idle:2"
    assert decide(sessions, mib=199 + NEW, starting=2) == "idle:2 idle:1"


@pytest.mark.parametrize(
    ("spares", "wanted", "ended"),
    [
        pytest.param("A.spare B.spare", "BA", "", id="all-wanted"),
        pytest.param("A.spare B.spare!", "A", "B.spare!", id="no-longer-wanted"),
        pytest.param("A.spare:1 B.spare:2", "", "A.spare:1 B.spare:2", id="none-wanted"),
        pytest.param("spare:1 spare:3 spare:2", "A", "spare:1 spare:2", id="the-newest-of-a-launch"),
        pytest.param("spare:1 spare:2", "AA", "", id="wanted-twice"),
        pytest.param("A.idle B.parked C.running", "", "", id="only-spares"),
    ],
)
def test_a_spare_that_nobody_wants_ends(spares: str, wanted: str, ended: str) -> None:
    assert decide(spares, wanted=wanted) == ended


@pytest.mark.parametrize(
    ("sessions", "wanted", "prepared"),
    [
        pytest.param("", "", "", id="nobody-wants-one"),
        pytest.param("", "AB", "+A", id="the-most-deserving"),
        pytest.param("A.spare", "AB", "+B", id="the-next-one"),
        pytest.param("B.spare", "AB", "+A", id="the-first-that-has-none"),
        pytest.param("A.spare", "A", "", id="it-is-there"),
        pytest.param("A.spare", "AA", "+A", id="one-more"),
        pytest.param("A.spare A.spare", "AAB", "+B", id="all-of-the-first-are-there"),
        pytest.param("A.running A.idle A.closed A.parked", "A", "+A", id="only-spares-count"),
        pytest.param("A.spare:7", "B", "A.spare:7 +B", id="in-place-of-another"),
        pytest.param("A.running! B.spare", "AB", "", id="somebody-starts"),
        pytest.param("A.spare!", "AB", "", id="a-spare-starts"),
        pytest.param("A.closed!", "A", "+A", id="who-ended-while-starting-is-gone"),
    ],
)
def test_a_missing_spare_is_started(sessions: str, wanted: str, prepared: str) -> None:
    assert decide(sessions, wanted=wanted) == prepared


def test_no_spare_is_started_while_a_request_waits_for_its_process() -> None:
    assert decide("", wanted="A", starting=1) == ""


def test_a_spare_is_started_only_where_it_can_grow() -> None:
    assert decide("running", wanted="A", mib=100 + GROWN) == "+A"
    assert decide("running", wanted="A", mib=99 + GROWN) == ""
    assert decide("idle:10", wanted="A", mib=GROWN) == "idle:10 +A"
    assert decide("idle:9", wanted="A", mib=GROWN) == ""
