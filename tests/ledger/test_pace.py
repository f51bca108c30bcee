"""When a window is used up."""

import pytest

from towpath.ledger.pace import used_up_at
from towpath.ledger.row import Reading

HOUR = 3600
NOW = 100 * HOUR


def reading(hours_ago: float, used: float, resets_in: float | None = 5) -> Reading:
    at = None if resets_in is None else round(NOW + resets_in * HOUR)
    return Reading(NOW - hours_ago * HOUR, "five_hour", used, at)


@pytest.mark.parametrize(
    ("readings", "hours"),
    [
        ([reading(1, 0.4), reading(0, 0.6)], 2),
        ([reading(2, 0.0), reading(1, 0.5), reading(0.5, 0.5)], 2),
        ([reading(1, 0.4, None), reading(0, 0.6, None)], 2),
        ([reading(9, 0.0), reading(1, 0.5), reading(0, 0.75)], 1),  # only the last hours count
        ([reading(1, 0.9, 0), reading(0.5, 0.0), reading(0, 0.25)], 1.5),  # and only this window
        ([reading(0.5, 1.0), reading(0.25, 1.0)], None),  # used up before
        ([reading(1, 0.4), reading(0, 0.5)], None),  # it is reset before
        ([reading(1, 0.4), reading(0, 0.4)], None),
        ([reading(0.1, 0.4), reading(0, 0.6)], None),  # too short for a pace
        ([reading(5, 0.4), reading(4, 0.6)], None),
        ([], None),
    ],
)
def test_it_goes_on_as_in_the_last_hours(readings: list[Reading], hours: float | None) -> None:
    at = used_up_at(readings, NOW)

    assert at == (None if hours is None else pytest.approx(NOW + hours * HOUR))
