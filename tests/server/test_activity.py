"""The account of what happens: what is in it, how it is bounded, and which exchanges belong together."""

from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.answering import answering_proxy
from tests.support.desk import Desk, began, reply, text_delta
from tests.support.fidelity import request, user
from tests.support.waiting import WAIT_SECONDS
from towpath.core.errors import ApiError
from towpath.core.statuses import status_of
from towpath.server.dashboard.activity import KEPT_ERRORS, KEPT_EXCHANGES, KEPT_OUT
from towpath.server.exchange.events import CallerRejected, Ended, FirstEvent, LeftQueue, Refused, Streamed
from towpath.server.reports import ExchangeReport, Totals
from towpath.settings import Settings

USAGE = {
    "input_tokens": 7,
    "cache_read_input_tokens": 90,
    "cache_creation_input_tokens": 3,
    "output_tokens": 5,
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An account to which the test tells what happens."""
    return Desk(tmp_path)


def numbers(desk: Desk) -> list[int]:
    """The conversations of the exchanges, the oldest first."""
    return [one.conversation for one in reversed(desk.activity.snapshot().exchanges)]


def test_it_keeps_the_newest_and_counts_all(desk: Desk) -> None:
    for number in range(KEPT_EXCHANGES + 50):
        desk.tell(desk.record(b"%d" % number), session=number, usage=USAGE, error=ApiError(529, f"{number}"))
    seen = desk.activity.snapshot()

    assert len(seen.exchanges) == KEPT_EXCHANGES
    assert [error.message for error in seen.errors] == [
        str(number) for number in range(149, 149 - KEPT_ERRORS, -1)
    ]
    counted = {kind: 150 * count for kind, count in USAGE.items()}
    assert seen.totals == Totals(exchanges=150, failed=150, refused=0, **counted)


def test_an_exchange_is_seen_from_its_place_in_the_queue_to_its_end(desk: Desk) -> None:
    record = desk.record()
    states = []

    def look() -> ExchangeReport:
        (one,) = desk.activity.snapshot().exchanges
        states.append((one.state, one.way))
        return one

    desk.activity.began(began(record))
    look()
    record = record.left_queue(record.began)
    desk.activity.left_queue(LeftQueue(record))
    look()
    record = record.first_event(reply(taken_at=record.began + 0.02), record.began + 0.32, 1)
    desk.activity.first_event(FirstEvent(record, {}))
    assert look().seconds is None
    record = record.event({"type": "message_stop"})
    desk.activity.ended(Ended(record.ended(record.began + 2)))
    over = look()

    assert states == [("waiting", None), ("asking", None), ("answering", "start"), ("complete", "start")]
    assert (over.seconds, over.first_event_ms) == (2, 320)
    assert over.phases_ms == {"read": 1, "queue": 0, "start": 20, "model": 300}


def test_a_conversation_is_followed_by_its_session(desk: Desk) -> None:
    desk.tell(desk.record(b"a"), session=1)
    desk.tell(desk.record(b"a", b"b", b"c"), session=1, way="resume")
    desk.tell(desk.record(b"other"), session=2)

    assert numbers(desk) == [1, 1, 2]


def test_a_conversation_is_followed_into_another_session_by_what_is_in_it(desk: Desk) -> None:
    desk.tell(desk.record(b"a"), session=1)
    desk.tell(desk.record(b"a", b"b", b"c"), session=2)
    desk.tell(desk.record(b"a", b"b", b"edited"), session=3)
    desk.tell(desk.record(b"a", b"b", b"c", model="claude-opus-4-6"), session=4)

    assert numbers(desk) == [1, 1, 1, 2]


def test_conversations_that_begin_alike_are_told_apart(desk: Desk) -> None:
    desk.tell(desk.record(b"hello"), session=1)
    desk.tell(desk.record(b"hello"), session=2)
    desk.tell(desk.record(b"hello", b"b", b"c"), session=1, way="resume")

    assert numbers(desk) == [1, 2, 1]


def test_a_refused_request_is_an_error_and_no_exchange(desk: Desk) -> None:
    desk.activity.refused(Refused("req_1", ApiError(400, "max_tokens: Input should be greater")))
    seen = desk.activity.snapshot()

    assert seen.exchanges == []
    assert (seen.totals.failed, seen.totals.refused) == (0, 1)
    (error,) = seen.errors
    assert error.message == "max_tokens: Input should be greater"
    assert error.plain == status_of(400).explanation


def test_errors_in_the_same_words_are_one_with_a_count(desk: Desk) -> None:
    desk.activity.refused(Refused("req_1", ApiError(400, "max_tokens: Input should be greater")))
    for number in range(50):
        error = ApiError(401, "x-api-key: this server needs a key")
        desk.activity.caller_rejected(CallerRejected(f"req_out_{number}", "/", error))
    desk.tell(desk.record(b"a"), session=1, error=ApiError(529, "Overloaded"))
    desk.tell(desk.record(b"b"), session=2, error=ApiError(529, "Overloaded"))
    desk.activity.refused(Refused("req_2", ApiError(400, "max_tokens: Input should be greater")))
    seen = desk.activity.snapshot()

    assert [(error.message, error.count) for error in seen.errors] == [
        ("max_tokens: Input should be greater", 2),
        ("Overloaded", 2),
        ("x-api-key: this server needs a key", 50),
    ]
    assert [error.conversation for error in seen.errors] == [None, 2, None]
    assert (seen.errors[0].request_id, seen.errors[2].plain) == ("req_2", KEPT_OUT)
    assert (seen.totals.exchanges, seen.totals.failed, seen.totals.refused) == (2, 2, 52)


def test_an_exchange_that_failed_says_what_happened(desk: Desk) -> None:
    desk.tell(desk.record(), error=ApiError(529, "Overloaded"))
    (one,) = desk.activity.snapshot().exchanges

    assert one.error is not None
    assert (one.error.plain, one.error.message) == (status_of(529).explanation, "Overloaded")


async def test_watchers_get_each_change_and_are_let_go(desk: Desk) -> None:
    seen = []
    async for snapshot in desk.activity.snapshots():
        seen.append(len(snapshot.exchanges))
        if len(seen) < 3:
            desk.tell(desk.record(b"%d" % len(seen)), session=len(seen))
        else:
            desk.activity.close()

    assert seen == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.parametrize("shows", [False, True])
def test_what_was_said_is_there_only_where_it_is_asked_for(tmp_path: Path, *, shows: bool) -> None:
    settings = Settings(state_dir=tmp_path, spares=0, show_content=shows)
    with answering_proxy(settings) as url, httpx.Client(base_url=url, timeout=WAIT_SECONDS) as http:
        http.post("/v1/messages", json=request([user("planted " + "q" * 500)])).raise_for_status()
        assert http.post("/v1/messages", json={"model": "planted"}).status_code == 400
        http.post("/v1/chat/completions", json={"model": "m", "n": 2, "messages": []})
        seen, limits = http.get("/v1/activity").json(), http.get("/v1/limits").json()
    (exchange,) = seen["exchanges"]

    assert seen["limits"] == limits
    assert seen["shows_content"] is shows
    assert ("planted" in orjson.dumps(seen).decode()) is shows
    assert [error["status"] for error in seen["errors"]] == [400, 400]
    if shows:
        assert exchange["question"] == f"planted {'q' * 191}…"
        assert exchange["answer"] == "yes"
        assert exchange["first_event_ms"] is not None


def test_a_long_answer_is_not_kept_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path, shows_content=True)
    record = desk.record()
    desk.activity.began(began(record))
    for _ in range(1000):
        desk.activity.streamed(Streamed(record.request_id, text_delta("word ")))
    (exchange,) = desk.activity.snapshot().exchanges

    assert isinstance(exchange.answer, str)
    assert len(exchange.answer) == 600
