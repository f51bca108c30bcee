"""Rows of a ledger as tests need them."""

from datetime import datetime
from typing import Any

from towpath.ledger.row import Row

NOON = datetime(2026, 11, 28, 12).timestamp()  # on the clock of this machine, as days are


def row(**fields: Any) -> Row:
    """An exchange at noon of 2026-11-28, unless ``fields`` say otherwise."""
    return Row(**{"at": NOON, "day": "2026-11-28", "model": "claude-sonnet-5-5", **fields})
