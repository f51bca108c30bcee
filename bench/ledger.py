"""``python -m bench.ledger [--rows N]``: how long `towpath usage` takes on a large ledger.

The rows are drawn by lot, the same in each run, and spread over a year.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from random import Random

from rich.progress import track

from towpath.ledger.file import FILE_NAME, insert, open_to_write
from towpath.ledger.row import Row, day_of

_YEAR_SECONDS = 365 * 24 * 3600
_IN_ONE_GO = 1000
_MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-sonnet-4-5")
_CLIENTS = ("opencode/1.4.2", "claude-cli/2.1.332", "codex/0.171.0", "")
_ASKED = ("--days 1", "--days 30", "--days 365", "--days 365 --by model", "--days 365 --by conversation")


def main() -> None:
    """Fill a ledger, and ask it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    rows: int = options.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE_NAME
        seconds = _fill(file, rows)
        each = f"{seconds / rows * 1e6:.0f} µs to write, {file.stat().st_size / rows:.0f} bytes"
        print(f"{rows:,} rows, each {each}")
        bare = _took([sys.executable, "-m", "towpath", "--version"], folder)
        print(f"{bare:.2f} s  towpath --version")
        for asked in _ASKED:
            taken = _took([sys.executable, "-m", "towpath", "usage", *asked.split()], folder)
            print(f"{taken:.2f} s  towpath usage {asked}")


def _fill(file: Path, rows: int) -> float:
    """Writes as the server does, some rows in one transaction; the seconds that took."""
    draw, last = Random(1), time.time()  # noqa: S311 - no secret
    begun = time.perf_counter()
    with closing(open_to_write(file)) as connection:
        for first in track(range(0, rows, _IN_ONE_GO), "Writing"):
            with connection:
                for number in range(first, min(first + _IN_ONE_GO, rows)):
                    insert(connection, _row(draw, last - _YEAR_SECONDS * (1 - number / rows), number))
    return time.perf_counter() - begun


def _row(draw: Random, at: float, number: int) -> Row:
    return Row(
        at=at,
        day=day_of(at),
        model=draw.choice(_MODELS),
        client=draw.choice(_CLIENTS),
        conversation=f"6929c0de-{number // 30}",
        mode="passthrough",
        way=draw.choice(("start", "resume", "answer", "answer")),
        reason="the newest message answers its calls",
        cause=draw.choice(("", "", "", "age", "system")),
        input=draw.randrange(5_000),
        cache_read=draw.randrange(150_000),
        cache_write_5m=draw.randrange(5_000),
        output=draw.randrange(3_000),
        first_event_ms=draw.randrange(5_000),
        seconds=draw.random() * 20,
        messages=draw.randrange(200),
        key=f"msg_{number:024}",
    )


def _took(command: list[str], state_dir: str) -> float:
    """The fastest of three times, in seconds."""
    environment = {**os.environ, "CLAUDE_PROXY_STATE_DIR": state_dir}
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
