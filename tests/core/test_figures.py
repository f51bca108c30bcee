"""Figures in sentences."""

import pytest

from towpath.core.figures import counted


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "no messages"), (1, "1 message"), (2, "2 messages"), (1200, "1,200 messages")],
)
def test_one_is_singular(count: int, words: str) -> None:
    assert counted(count, "message") == words
