"""The table of ``core.ways``: newest message and live sessions in, way and reason out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fidelity import Json, assistant, call, document, image, result, text, user
from towpath.core.canonical import SYSTEM_TEXT
from towpath.core.life import State
from towpath.core.ways import (
    MAX_ERROR_CHARS,
    MAX_RESULT_CHARS,
    Answer,
    Resume,
    Start,
    choose_way,
    split_results,
)


@dataclass(frozen=True)
class Held:
    """A session as the decision sees it."""

    state: State
    waiting_for: frozenset[str] = frozenset()


IDLE = Held(State.IDLE)
SPARE = Held(State.SPARE)
RUNNING = Held(State.RUNNING)
CLOSED = Held(State.CLOSED)
PARKED = Held(State.PARKED, frozenset({"a", "b"}))
PARKED_AT_A = Held(State.PARKED, frozenset({"a"}))

BEFORE = [user("q"), assistant(call("a"), call("b"))]
A, B = result("a", "ok"), result("b", [text("ok"), text("more")])
SYSTEM = {"type": SYSTEM_TEXT, "text": "be brief"}
FAILED = result("a", "no such file", is_error=True)


def way_of(newest: Json, *sessions: Held, before: Sequence[Json] = BEFORE) -> tuple[type, str]:
    way = choose_way([*before, newest], sessions)
    return type(way), way.reason


@pytest.mark.parametrize(
    "newest",
    [
        pytest.param(user("go on"), id="text"),
        pytest.param(user("see", document()), id="document"),
        pytest.param(user("a", "b", "c"), id="texts"),
    ],
)
def test_an_idle_session_is_resumed(newest: Json) -> None:
    assert way_of(newest, IDLE) == (Resume, "the idle session holds the rest")


def test_a_spare_gets_the_first_message() -> None:
    assert way_of(user("hello"), SPARE, before=[]) == (Resume, "a spare waited for such a conversation")


def test_a_spare_does_not_get_an_image() -> None:
    assert way_of(user("see", image()), SPARE, before=[]) == (Start, "an image needs a new process")


@pytest.mark.parametrize(
    "newest",
    [
        pytest.param(user(A, B), id="all-results"),
        pytest.param(user(B, A), id="in-the-client-s-order"),
        pytest.param(user(A, B, "and"), id="text-after"),
        pytest.param(user(A, B, document(), "and"), id="document-after"),
        pytest.param(user(FAILED, B), id="an-error"),
        pytest.param(user(FAILED, B, "and"), id="text-after-a-result-and-an-error"),
        pytest.param(user(FAILED, {**FAILED, "tool_use_id": "b"}), id="only-errors"),
        pytest.param(user(A, result("b", [{**text("b"), "citations": None}])), id="a-null"),
        pytest.param(user(A, result("b", "x" * MAX_RESULT_CHARS)), id="the-longest-result"),
        pytest.param(user(A, result("b", "x" * MAX_ERROR_CHARS, is_error=True)), id="the-longest-error"),
    ],
)
def test_a_parked_session_is_answered(newest: Json) -> None:
    assert way_of(newest, PARKED) == (Answer, "the parked session waits for these results")


@pytest.mark.parametrize(
    ("newest", "session", "reason"),
    [
        pytest.param(user("x"), RUNNING, "the session that holds the rest is running", id="text-running"),
        pytest.param(user("x"), CLOSED, "the session that holds the rest is closed", id="text-closed"),
        pytest.param(user("x"), PARKED, "the session that holds the rest is parked", id="text-parked"),
        pytest.param(user(A, B), RUNNING, "the session that holds the rest is running", id="results-running"),
        pytest.param(user(A, B), CLOSED, "the session that holds the rest is closed", id="results-closed"),
        pytest.param(user(A, B), IDLE, "the session that holds the rest is idle", id="results-idle"),
        pytest.param(user("x", image()), IDLE, "an image needs a new process", id="image"),
        pytest.param(user(A, B, image()), PARKED, "an image needs a new process", id="image-after-results"),
        pytest.param(user("x", SYSTEM), IDLE, "a system message needs a new process", id="system"),
        pytest.param(user("x", A, B), PARKED, "text before tool results needs a new process", id="in-front"),
        pytest.param(user(A, "x", B), PARKED, "text before tool results needs a new process", id="between"),
        pytest.param(
            user(A), PARKED, "the results are not those that the session waits for", id="too-few-results"
        ),
        pytest.param(
            user(A, B), PARKED_AT_A, "the results are not those that the session waits for", id="too-many"
        ),
        pytest.param(
            user(B), PARKED_AT_A, "the results are not those that the session waits for", id="another-result"
        ),
    ],
)
def test_what_a_live_session_cannot_take_starts_a_process(newest: Json, session: Held, reason: str) -> None:
    assert way_of(newest, session) == (Start, reason)


MEDIA = "a tool result with anything but text needs a new process"
EMPTY = "an empty tool result needs a new process"
SEVERAL = "an error of several blocks needs a new process"
TOO_LONG = "a tool result over 500,000 characters needs a new process"
LONG_ERROR = "an error over 10,000 characters needs a new process"
FURTHER = "a text with further fields in a tool result needs a new process"
HALF = "x" * (MAX_RESULT_CHARS // 2)


@pytest.mark.parametrize(
    ("content", "is_error", "reason"),
    [
        pytest.param([image()], False, MEDIA, id="image"),
        pytest.param([text("see"), document()], False, MEDIA, id="document"),
        pytest.param([image()], True, MEDIA, id="image-of-an-error"),
        pytest.param(None, False, EMPTY, id="null"),
        pytest.param("", False, EMPTY, id="empty-string"),
        pytest.param([], False, EMPTY, id="no-blocks"),
        pytest.param([text("a"), text("")], False, EMPTY, id="empty-block"),
        pytest.param("", True, EMPTY, id="empty-error"),
        pytest.param([{**text("a"), "citations": [{"type": "x"}]}], False, FURTHER, id="cited"),
        pytest.param([{**text("a"), "unknown": 1}], True, FURTHER, id="unknown-field"),
        pytest.param([text("a"), text("b")], True, SEVERAL, id="error-of-two-blocks"),
        pytest.param("x" * (MAX_RESULT_CHARS + 1), False, TOO_LONG, id="long-string"),
        pytest.param([text(HALF), text(HALF), text("x")], False, TOO_LONG, id="long-in-all"),
        pytest.param("😀" * (MAX_RESULT_CHARS // 2) + "x", False, TOO_LONG, id="two-units-a-character"),
        pytest.param("x" * (MAX_ERROR_CHARS + 1), True, LONG_ERROR, id="long-error"),
        pytest.param("😀" * (MAX_ERROR_CHARS // 2) + "x", True, LONG_ERROR, id="two-units-of-an-error"),
    ],
)
def test_a_result_that_a_call_cannot_return_exactly_starts_a_process(
    content: Any, is_error: bool, reason: str
) -> None:
    odd = result("a", content, is_error=is_error)

    assert way_of(user(odd, B), PARKED) == (Start, reason)
    assert way_of(user(B, odd, "text after it"), PARKED) == (Start, reason)


def test_text_after_errors_alone_starts_a_process() -> None:
    newest = user(FAILED, "go on")

    assert way_of(newest, PARKED_AT_A) == (
        Start,
        "text after results that are all errors needs a new process",
    )


@pytest.mark.parametrize(
    ("before", "reason"),
    [([], "the conversation begins"), (BEFORE, "no session holds this conversation")],
)
def test_without_a_session_a_process_is_started(before: list[Json], reason: str) -> None:
    assert way_of(user("x"), before=before) == (Start, reason)


def test_the_first_session_that_can_serve_does() -> None:
    first, second = Held(State.IDLE), Held(State.IDLE)

    way = choose_way([*BEFORE, user("x")], [RUNNING, first, second])

    assert isinstance(way, Resume)
    assert way.session is first


def test_results_go_to_the_session_that_waits_for_them() -> None:
    way = choose_way([*BEFORE, user(A)], [IDLE, PARKED, PARKED_AT_A])

    assert isinstance(way, Answer)
    assert way.session is PARKED_AT_A


IDS = st.sampled_from(["a", "b", "c"])
CONTENT = st.sampled_from(["", "ok", [], [text("ok")], [text("a"), text("b")], [image()], None])
RESULTS = st.builds(
    lambda id, content, error: result(id, content, is_error=error), IDS, CONTENT, st.booleans()
)
NEWEST = st.lists(RESULTS | st.sampled_from([text("x"), image(), document()]), min_size=1, max_size=4)
SESSIONS = st.lists(st.builds(Held, st.sampled_from(State), st.frozensets(IDS, max_size=2)), max_size=3)


@given(NEWEST, SESSIONS)
def test_a_session_is_used_only_if_it_rests_and_waits_for_exactly_these_results(
    blocks: list[Json], sessions: list[Held]
) -> None:
    way = choose_way([*BEFORE, {"role": "user", "content": blocks}], sessions)

    ids = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
    match way:
        case Resume(session=session):
            assert session.state in (State.IDLE, State.SPARE)
            assert not ids
        case Answer(session=session):
            assert session.state is State.PARKED
            assert session.waiting_for == ids
            results, rest = split_results(blocks)
            assert [*results, *rest] == blocks
        case Start():
            assert way.reason
