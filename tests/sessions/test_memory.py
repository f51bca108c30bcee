"""What processes occupy, as the system says it."""

import os
import subprocess
import sys

from towpath.sessions.memory import memory_bytes


def test_a_process_that_lives_is_measured() -> None:
    (own,) = memory_bytes([os.getpid()]).values()

    assert 1_000_000 < own < 10_000_000_000


def test_one_that_has_ended_is_left_out() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()

    assert memory_bytes([ended.pid]) == {}
