"""What processes occupy, as the system says it."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from towpath.core.life import State
from towpath.sessions.process_sizes import NEVER, due, memory_bytes


def test_a_process_that_lives_is_measured() -> None:
    (own,) = memory_bytes([os.getpid()]).values()

    assert 1_000_000 < own < 10_000_000_000


def test_one_that_has_ended_is_left_out() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()

    assert memory_bytes([ended.pid]) == {}


@dataclass
class Resting:
    """A session in a state since a moment, last measured at another."""

    state: State
    since: float
    measured_at: float = NEVER


@pytest.mark.parametrize(
    ("session", "is_due"),
    [
        (Resting(State.IDLE, 0), True),  # never measured
        (Resting(State.RUNNING, 0, 999), True),  # it may grow at any time
        (Resting(State.IDLE, 980, 999), True),  # it still gives memory back
        (Resting(State.PARKED, 500, 520), True),  # it did when that was measured
        (Resting(State.PARKED, 500, 999), False),
        (Resting(State.SPARE, 500, 881), False),
        (Resting(State.IDLE, 500, 880), True),  # two minutes ago
    ],
)
def test_what_rests_is_measured_until_it_has_settled_and_now_and_then(session: Resting, is_due: bool) -> None:
    assert due([session], now=1000) == ([session] if is_due else [])
