"""Which sessions end and which spares start: by age, by what is wanted, by memory; never one that runs."""

import re

import pytest

from tests.sessions.known import LAUNCHES, Known
from towpath.core.gone_on import GoneOn
from towpath.core.life import State
from towpath.sessions.memory_budget import GROWN_PROCESS_BYTES, MIB, NEW_PROCESS_BYTES
from towpath.sessions.plan import Ending, Limits, plan

NOW = 1000.0
GROWN = GROWN_PROCESS_BYTES // MIB
NEW = NEW_PROCESS_BYTES // MIB
# A launch (A if it does not matter, F forces a call), a state, an age in seconds, 100 MiB or =MiB, ! while it
# starts, ? or ?? if its conversation has perhaps or surely gone on elsewhere.
WORD = re.compile(
    r"((?P<launch>\w)\.)?(?P<state>\w+)(:(?P<age>\d+))?(=(?P<mib>\d+))?(?P<starting>!)?(?P<gone>\?*)"
)


def known(word: str) -> Known:
    parts = WORD.fullmatch(word)
    assert parts, word
    return Known(
        State(parts["state"]),
        NOW - float(parts["age"] or 0),
        LAUNCHES[parts["launch"] or "A"],
        int(parts["mib"] or 100) * MIB,
        bool(parts["starting"]),
        GoneOn(len(parts["gone"])),
    )


def decide(words: str, *, wanted: str = "", mib: int = 10_000, starting: int = 0, paces: str = "") -> str:
    """The words of the sessions that end, in order, and after a + the launch that gets a spare.

    ``paces``: how long the calls of a launch waited for their answers (A40).
    """
    sessions = {known(word): word for word in words.split()}
    limits = Limits(idle_seconds=10, parked_seconds=100, memory_bytes=mib * MIB, spares=9)
    seen = {LAUNCHES[pace[0]].key: float(pace[1:]) for pace in paces.split()}
    decided = plan(sessions, [LAUNCHES[name] for name in wanted], seen, limits, NOW, starting=starting)
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


@pytest.mark.parametrize(
    ("sessions", "paces", "ended"),
    [
        pytest.param("parked:0??", "", "parked:0??", id="answered-elsewhere"),
        pytest.param("idle:5??", "", "", id="idle-ones-are-not-judged"),
        pytest.param("parked:59? parked:60?", "", "parked:60?", id="perhaps-a-minute"),
        pytest.param("F.parked:59 F.parked:60", "", "F.parked:60", id="forced-a-minute"),
        pytest.param("F.parked:60", "A1", "F.parked:60", id="another-launch-s-pace"),
        pytest.param("F.parked:65", "F35", "", id="forced-but-answered"),
        pytest.param("parked:59 parked:60", "A1", "parked:60", id="a-quick-pace-a-minute"),
        pytest.param("parked:79 parked:80", "A40", "parked:80", id="twice-the-pace"),
        pytest.param("parked:99 parked:100", "A70", "parked:100", id="never-longer-than-the-timeout"),
        pytest.param("parked:60?", "A40", "parked:60?", id="perhaps-whatever-the-pace"),
    ],
)
def test_calls_that_nobody_is_likely_to_answer_end_sooner(sessions: str, paces: str, ended: str) -> None:
    assert decide(sessions, paces=paces) == ended


@pytest.mark.parametrize(
    ("session", "mib", "why"),
    [
        ("idle:10", 999, Ending.IDLE),
        ("parked:100", 999, Ending.PARKED),
        ("F.parked:60", 999, Ending.PARKED),
        ("parked:0??", 999, Ending.ANSWERED),
        ("B.spare", 999, Ending.UNWANTED),
        ("idle", 99, Ending.MEMORY),
        ("parked:0??", 99, Ending.ANSWERED),
    ],
)
def test_the_plan_says_why(session: str, mib: int, why: Ending) -> None:
    limits = Limits(idle_seconds=10, parked_seconds=100, memory_bytes=mib * MIB, spares=9)

    assert [*plan([known(session)], [], {}, limits, NOW).end.values()] == [why]


def test_a_spare_does_not_age() -> None:
    assert decide("A.spare:5000", wanted="A") == ""


@pytest.mark.parametrize(
    ("sessions", "mib", "ended"),
    [
        pytest.param("idle:1 idle:3 idle:2", 300, "", id="just-enough"),
        pytest.param("idle:1 idle:3 idle:2", 299, "idle:3", id="the-least-recently-used"),
        pytest.param("idle:1 idle:3 idle:2", 199, "idle:3 idle:2", id="the-two-least-recently-used"),
        pytest.param("parked:9 spare:9 idle:1", 299, "idle:1", id="idle-before-a-spare"),
        pytest.param("spare:9 idle:9 F.parked:0", 299, "F.parked:0", id="a-forced-call-before-all"),
        pytest.param("spare:9 idle:9 parked:0?", 299, "parked:0?", id="what-has-perhaps-gone-on-before-all"),
        pytest.param("spare:9 idle:11 parked:11", 199, "idle:11 parked:11", id="the-aged-and-a-given-up-one"),
        pytest.param("F.parked:1 parked:2? parked:10", 199, "parked:10 parked:2?", id="of-these-the-oldest"),
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


def test_a_start_that_nobody_wants_any_more_holds_nothing_up() -> None:
    assert decide("A.spare!", wanted="B") == "A.spare! +B"


def test_a_spare_is_started_only_where_it_can_grow() -> None:
    assert decide("running", wanted="A", mib=100 + GROWN) == "+A"
    assert decide("running", wanted="A", mib=99 + GROWN) == ""
    assert decide("idle:10", wanted="A", mib=GROWN) == "idle:10 +A"
    assert decide("idle:9", wanted="A", mib=GROWN) == ""
    assert decide("F.parked:1", wanted="A", mib=GROWN) == "F.parked:1 +A"
