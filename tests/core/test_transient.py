"""Texts that clients put in and take out again: what is left out, and what is not."""

import copy
from collections.abc import Sequence

import pytest

from tests.support.fidelity import Json, assistant, call, image, result, user
from towpath.core.client_habits.transient import DEFAULT_TRANSIENT_TEXTS
from towpath.core.reading.message import checked_message
from towpath.core.reading.request import merge_runs, runs_of_one_side

GO_ON = "go on"


def without_transient(messages: Sequence[Json], texts: Sequence[str]) -> tuple[tuple[Json, ...], int]:
    """The messages that are left, and the count of texts that are not."""
    checked = [checked_message(message, b"") for message in messages]
    kept, _, left_out = merge_runs(runs_of_one_side(checked), texts)
    return kept, left_out


@pytest.mark.parametrize(
    ("message", "left", "dropped"),
    [
        pytest.param(user("a", GO_ON), user("a"), 1, id="after-a-text"),
        pytest.param(user(result("c", "a"), GO_ON), user(result("c", "a")), 1, id="after-a-result"),
        pytest.param(user(GO_ON, "a", GO_ON), user("a"), 2, id="twice"),
        pytest.param(user("a", "wait"), user("a"), 1, id="any-of-the-texts"),
        pytest.param(assistant(GO_ON, call("c")), assistant(call("c")), 1, id="of-the-assistant"),
        pytest.param(
            user("a", {"type": "text", "text": GO_ON, "cache_control": {"type": "ephemeral"}}),
            user("a"),
            1,
            id="marked",
        ),
    ],
)
def test_a_block_that_is_exactly_such_a_text_is_left_out(message: Json, left: Json, dropped: int) -> None:
    assert without_transient([message], [GO_ON, "wait"]) == ((left,), dropped)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(user(GO_ON), id="the-only-block"),
        pytest.param(user(GO_ON, GO_ON), id="the-only-blocks"),
        pytest.param(user("a", f"{GO_ON} "), id="with-a-space"),
        pytest.param(user("a", f"please {GO_ON}"), id="inside-a-text"),
        pytest.param(user("a", "GO ON"), id="in-another-case"),
        pytest.param(user(result("c", GO_ON)), id="as-a-result"),
        pytest.param(user("a", image()), id="no-text"),
    ],
)
def test_anything_else_stays(message: Json) -> None:
    assert without_transient([message], [GO_ON]) == ((message,), 0)


def test_every_message_is_looked_at_and_the_texts_are_counted_in_all() -> None:
    messages = [user("a", GO_ON), assistant("b"), user("c", GO_ON)]

    assert without_transient(messages, [GO_ON]) == ((user("a"), assistant("b"), user("c")), 2)


def test_the_messages_passed_in_are_not_changed() -> None:
    messages = [user("a", GO_ON)]
    before = copy.deepcopy(messages)

    without_transient(messages, [GO_ON])

    assert messages == before


def test_without_declared_texts_nothing_is_left_out() -> None:
    messages = (user("a", *DEFAULT_TRANSIENT_TEXTS),)

    assert without_transient(messages, ()) == (messages, 0)


def test_the_default_is_the_one_line_of_oh_my_opencode() -> None:
    assert DEFAULT_TRANSIENT_TEXTS == ("[internal] Continue from the previous assistant state.",)
