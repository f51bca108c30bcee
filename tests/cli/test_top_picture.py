"""What `towpath top` draws, for terminals of any size."""

import io
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tests.support.desk import Desk
from tests.support.waiting import WAIT_SECONDS
from towpath.cli.top.picture import picture
from towpath.core.account_limits import Window
from towpath.core.errors import ApiError
from towpath.server.reports import ActivityReport, ProcessReport

LONG = "claude-a-model-whose-name-is-far-longer-than-any-terminal-is-wide-" + "x" * 60
STATES = ("idle", "spare", "parked", "idle", "running", "idle", "parked", "idle")


def drawn(seen: ActivityReport, *, height: int, width: int = 80, keys: str = "") -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(picture(seen, seen.at, height=height, width=width, keys=keys))
    return [line.rstrip() for line in console.export_text().splitlines()]


@pytest.fixture
def busy(tmp_path: Path) -> ActivityReport:
    """Exchanges, errors and processes of a model with a long name."""
    desk = Desk(tmp_path)
    usage = {"input_tokens": 987_654, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    for number in range(60):
        desk.tell(
            desk.record(b"%d" % number, model=LONG),
            usage={**usage, "output_tokens": 65_400},
            first_event_ms=12_300,
            reason="a reason of many words " * 9,
            error=ApiError(529, f"planted error {number}") if number > 50 else None,
        )
    seen = desk.activity.snapshot()
    processes = [
        ProcessReport(
            session=number,
            pid=4_194_000 + number,
            state=state,
            since=int(seen.at) - 7500,
            memory_mb=1234,
            access="default",
            model=LONG,
            conversation=1000 + number,
        )
        for number, state in enumerate(STATES)
    ]
    return msgspec.structs.replace(seen, processes=processes)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_names_are_shortened_and_numbers_are_not(busy: ActivityReport, width: int) -> None:
    lines = drawn(busy, height=70, width=width)

    exchanges = [line for line in lines if "12.3 s" in line and "a-model" in line]
    assert len(exchanges) > 20
    assert all("987.7k" in line and "65.4k" in line and "…" in line for line in exchanges)
    held = [line for line in lines if "1234 MB" in line]
    assert [line for line in held if "2 h 5 min" not in line or "a-model" not in line] == []
    numbers = [(line.split()[-1], int(line.split()[0])) for line in held]
    assert sorted(numbers) == [(str(4_194_000 + session), session) for session in range(len(STATES))]
    assert all(f" {1000 + session} " in line for line, (_, session) in zip(held, numbers, strict=True))
    assert max(map(len, lines)) <= width


def test_an_access_is_named_where_it_is_not_the_default(tmp_path: Path) -> None:
    desk = Desk(tmp_path, windows=[Window("five_hour", "allowed", 0.25)])
    desk.another_access("work", Window("seven_day", "allowed", 0.5))
    desk.tell(desk.record(b"a"))
    desk.tell(replace(desk.record(b"b"), access="work"), session=2)

    lines = drawn(desk.activity.snapshot(), height=40, width=160)

    assert [("sonnet-4-5, by work" in line) for line in lines if "sonnet-4-5" in line] == [True, False]
    assert [line.partition(":")[0] for line in lines if line.startswith("Plan")] == [
        "Plan, five hours",
        "Plan of work, seven days",
    ]


def test_running_and_parked_come_first(busy: ActivityReport) -> None:
    held = [line.split()[1] for line in drawn(busy, height=70) if "1234 MB" in line]

    assert held == ["running", "parked", "parked", "idle", "spare", "idle", "idle", "idle"]


def test_the_others_are_folded_where_lines_are_few(busy: ActivityReport) -> None:
    lines = drawn(busy, height=40)
    held = [line.split()[1] for line in lines if "1234 MB" in line]

    assert held == ["running", "parked", "parked"]
    assert lines[-1] == "and 4 idle, 1 spare"


def test_errors_are_above_processes(busy: ActivityReport) -> None:
    lines = drawn(busy, height=70)

    assert lines.index("Last errors") < lines.index("Live processes")


@pytest.mark.parametrize("height", range(3, 12))
def test_a_few_lines_have_the_status_and_the_last_error(busy: ActivityReport, height: int) -> None:
    lines = drawn(busy, height=height)

    assert lines[0].startswith("Towpath ")
    assert "planted error 59" in lines[-1]
    assert "Last exchanges" not in lines


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("height", range(12, 70))
def test_all_of_it_has_room(busy: ActivityReport, height: int, width: int) -> None:
    lines = drawn(busy, height=height, width=width, keys="q quits")

    assert lines[-1] == "q quits"
    assert len(lines) <= height


@pytest.mark.slow
def test_q_quits(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    with Desk(tmp_path).served() as url:
        command = [sys.executable, "-m", "towpath", "top", "--url", url.removeprefix("http://")]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
            try:
                os.close(slave)
                seen = b""
                while b"q quits" not in seen:
                    seen += os.read(master, 65536)
                os.write(master, b"xq")
                code = process.wait(WAIT_SECONDS)
            finally:
                process.kill()
    os.close(master)

    assert code == 0
