"""What the ledger answers."""

import random
import sqlite3
from pathlib import Path

import pytest

from tests.ledger.conftest import Fill
from tests.support.rows import row
from towpath.ledger.prices import load_prices
from towpath.ledger.questions import (
    ALL_BY,
    By,
    Period,
    Sums,
    readings,
    slowest,
    steps_of,
    sum_of,
    sums_by,
    sums_of_days,
    total,
)
from towpath.ledger.row import Reading

ALWAYS = Period("2000-01-01", "2100-01-01")
PRICES = load_prices()


def keys(db: sqlite3.Connection, by: By, period: Period = ALWAYS) -> list[tuple[str, int]]:
    return [(one.key, one.exchanges) for one in sums_by(db, by, period, PRICES)]


@pytest.mark.parametrize("by", ALL_BY)
def test_every_way_of_adding_up_comes_to_the_same(db: sqlite3.Connection, fill: Fill, by: By) -> None:
    draw = random.Random(7)
    rows = [
        row(
            at=1_790_000_000 + 40_000 * number,
            day=f"2026-{draw.randint(9, 12)}-{draw.randint(10, 28)}",
            model=draw.choice(["claude-sonnet-4-5", "claude-haiku-5-5", "unknown"]),
            client=draw.choice(["opencode/1.0", "opencode/1.1", "codex/0.171"]),
            conversation=f"a-{number % 7}",
            way=draw.choice(["start", "resume", "answer"]),
            cause=draw.choice(["", "", "age"]),
            band=draw.choice([0, 1, 2]),
            status=draw.choice([200, 529]),
            seconds=0.5,
            missed=draw.choice([0, 1000]),
            input=draw.randint(0, 1000),
            cache_read=draw.randint(0, 10**6),
            cache_write_1h=draw.choice([0, 5000]),
            output=draw.randint(0, 1000),
        )
        for number in range(60)
    ]
    fill(*rows)
    expected = total(sum_of(one, PRICES) for one in rows)

    found = total(sums_by(db, by, ALWAYS, PRICES))

    assert found.cost == pytest.approx(expected.cost)
    # Who wrote more for an hour than for five minutes is only known of a group.
    exact = {name: getattr(found, name) for name in Sums.__struct_fields__ if not name.startswith("cost")}
    assert exact == {name: getattr(expected, name) for name in exact}


def test_days_weeks_and_months(db: sqlite3.Connection, fill: Fill) -> None:
    for day in ("2026-10-31", "2026-11-22", "2026-11-23", "2026-11-28", "2026-11-28"):
        fill(day=day)

    assert keys(db, "day") == [("2026-10-31", 1), ("2026-11-22", 1), ("2026-11-23", 1), ("2026-11-28", 2)]
    assert keys(db, "week") == [("2026-10-26", 1), ("2026-11-16", 1), ("2026-11-23", 3)]
    assert keys(db, "month") == [("2026-10", 1), ("2026-11", 4)]
    assert keys(db, "day", Period("2026-11-22", "2026-11-23")) == [("2026-11-22", 1), ("2026-11-23", 1)]


def test_a_client_is_one_in_all_its_versions(db: sqlite3.Connection, fill: Fill) -> None:
    fill(row(client="opencode/1.0"), row(client="opencode/1.1"), row(client=""))

    assert keys(db, "client") == [("", 1), ("opencode", 2)]


def test_an_exchange_without_a_price_is_counted_and_not_priced(db: sqlite3.Connection, fill: Fill) -> None:
    fill(row(model="gpt-6", input=1000), row(model="gpt-6", status=529), row(output=1_000_000))

    everything = total(sums_by(db, "model", ALWAYS, PRICES))

    assert (everything.exchanges, everything.failed, everything.unpriced) == (3, 1, 1)
    assert everything.cost == 10


def test_the_days_by_model(db: sqlite3.Connection, fill: Fill) -> None:
    fill(row(model="claude-opus-5"), row(), row(day="2026-11-27"))

    found = sums_of_days(db, "model", ALWAYS, PRICES)

    assert {day: [one.key for one in models] for day, models in found.items()} == {
        "2026-11-27": ["claude-sonnet-5-5"],
        "2026-11-28": ["claude-opus-5", "claude-sonnet-5-5"],
    }


def test_the_slowest_steps_and_those_of_a_conversation(db: sqlite3.Connection, fill: Fill) -> None:
    fill(
        row(at=3, first_event_ms=900, conversation="a-1"),
        row(at=1, first_event_ms=100, conversation="a-1"),
        row(at=2, first_event_ms=500, conversation="a-2"),
        row(at=4, first_event_ms=None, conversation="a-1"),
    )

    assert [one["first_event_ms"] for one in slowest(db, ALWAYS, 2)] == [900, 500]
    assert [one["at"] for one in steps_of(db, "a-1")] == [1, 3, 4]


def test_how_full_the_windows_were(db: sqlite3.Connection, file: Path) -> None:
    from towpath.ledger.file import insert, open_to_write

    told = [Reading(1, "five_hour", 0.1, 100), Reading(2, "five_hour", 0.2, 100)]
    connection = open_to_write(file)
    with connection:
        for one in told:
            insert(connection, one)
    connection.close()

    assert readings(db, 0) == told
    assert readings(db, 1.5) == told[1:]
