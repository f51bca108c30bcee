"""A request that is to be started, in; the parked sessions without which its conversation goes on, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import pytest

from tests.support.fidelity import Json, assistant, call, image, result, text, user
from towpath.core.canonical import Tip, seed, step
from towpath.core.gone_on import GoneOn, gone_on
from towpath.core.launch import Launch

NO, PERHAPS, SURELY = GoneOn
LAUNCH = Launch("m", "", {}, "/", caller="one")
OTHER_LAUNCH = Launch("m", "be brief", {}, "/", caller="one")
OTHER_CALLER = Launch("m", "", {}, "/", caller="two")

ASKED = [user("q")]
REPLY = assistant("I look.", call("a"), call("b"))
A, B = result("a", "ok"), result("b", "ok")


def tips_of(messages: Sequence[Json], launch: Launch = LAUNCH) -> list[Tip]:
    return [*accumulate(messages, step, initial=seed(launch.key))]


@dataclass(frozen=True, eq=False)
class Held:
    """A session that was asked a conversation and is parked at calls."""

    asked: Tip
    waiting_for: frozenset[str] = frozenset({"a", "b"})
    launch: Launch = LAUNCH


PARKED = Held(tips_of(ASKED)[-1])


def judged(*messages: Json, launch: Launch = LAUNCH, is_known: bool = False, held: Held = PARKED) -> GoneOn:
    """How sure it is that the session's conversation goes on with this request."""
    found = gone_on([held], launch.caller, messages, tips_of(messages, launch), is_known=is_known)
    return found.get(held, NO)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([*ASKED, REPLY, user(A, B)], id="as-it-was"),
        pytest.param([*ASKED, REPLY, user(A, result("b", [image()]))], id="with-an-image"),
        pytest.param([*ASKED, assistant(call("a"), call("b")), user(A, B)], id="without-the-text"),
        pytest.param([*ASKED, assistant(call("a"), call("b"), text("I look.")), user(A, B)], id="text-after"),
        pytest.param([*ASKED, assistant(call("b")), user(B)], id="one-call-of-two"),
        pytest.param([user("q, said otherwise"), REPLY, user(A, B)], id="another-beginning"),
    ],
)
def test_results_of_its_calls_are_proof(messages: list[Json]) -> None:
    assert judged(*messages) is SURELY
    assert judged(*messages, launch=OTHER_LAUNCH) is SURELY
    assert judged(*messages, launch=OTHER_CALLER) is NO


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param([assistant("I look.", call("1")), user(result("1", "ok"))], id="other-ids"),
        pytest.param([assistant("I look. Calling f."), user("f said: ok")], id="calls-as-text"),
        pytest.param([assistant("I look."), user("stop, do this")], id="calls-taken-out"),
    ],
)
def test_a_reply_of_unknown_origin_at_its_place_is_a_hint(reply: list[Json]) -> None:
    assert judged(*ASKED, *reply) is PERHAPS
    assert judged(*ASKED, *reply, is_known=True) is NO
    assert judged(*ASKED, *reply, launch=OTHER_LAUNCH) is NO
    assert judged(*ASKED, *reply, assistant("more"), user("further")) is NO


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param(ASKED, id="a-retry"),
        pytest.param([user("another")], id="an-edit"),
        pytest.param([user("another"), assistant("so"), user("and")], id="another-conversation"),
    ],
)
def test_what_does_not_go_on_from_it_is_no_sign(messages: list[Json]) -> None:
    assert judged(*messages) is NO


def test_an_undo_further_up_is_no_sign() -> None:
    held = Held(tips_of([*ASKED, assistant("so"), user("look")])[-1])

    assert judged(*ASKED, assistant("so"), user("something else"), held=held) is NO


def test_of_two_conversations_with_the_same_beginning_only_the_answered_one_has_gone_on() -> None:
    other = Held(PARKED.asked, frozenset({"c"}))
    messages = [*ASKED, assistant(call("a"), call("b")), user(A, B)]

    assert gone_on([other, PARKED], "one", messages, tips_of(messages), is_known=False) == {PARKED: SURELY}


def test_an_id_that_several_sessions_wait_for_is_a_number_and_no_proof() -> None:
    elsewhere = Held(tips_of([user("another")])[-1])
    twin = Held(PARKED.asked)
    messages = [*ASKED, assistant(call("a"), call("b")), user(A, B)]
    tips, other = tips_of(messages), [user("a third"), REPLY, user(A, B)]

    assert gone_on([elsewhere, PARKED], "one", messages, tips, is_known=False) == {PARKED: SURELY}
    assert gone_on([twin, PARKED], "one", messages, tips, is_known=False) == {twin: PERHAPS, PARKED: PERHAPS}
    assert gone_on([elsewhere, PARKED], "one", other, tips_of(other), is_known=False) == {}
