"""A ledger of a year."""

import random
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.support.rows import row
from towpath.ledger.file import FILE_NAME, insert, open_to_write

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "a-model-without-a-price")
CLIENTS = ("opencode/1.4.2", "claude-cli/2.1.332", "codex/0.171.0")


def year(folder: Path) -> None:
    """Twenty exchanges a day, drawn by lot; the same in each run."""
    draw, today = random.Random(28), date.today()
    with closing(open_to_write(folder / FILE_NAME)) as connection, connection:
        for ago in range(365):
            day = today - timedelta(days=ago)
            noon = datetime(day.year, day.month, day.day, 12).timestamp()
            for number in range(20):
                missed = draw.choice([0, 0, 0, 20_000])
                one = row(
                    at=noon + number,
                    day=day.isoformat(),
                    model=draw.choice(MODELS),
                    client=draw.choice(CLIENTS),
                    conversation=f"a-{ago}-{number // 5}",
                    way=draw.choice(["start", "resume", "answer"]),
                    reason="planted reason",
                    cause="age" if missed else "",
                    missed=missed,
                    input=draw.randrange(5_000),
                    cache_read=draw.randrange(150_000),
                    cache_write_5m=missed + draw.randrange(5_000),
                    output=draw.randrange(3_000),
                    first_event_ms=draw.randrange(300, 5_000),
                    messages=number,
                )
                insert(connection, one)
