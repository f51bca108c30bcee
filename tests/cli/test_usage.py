"""`towpath usage`: what the ledger has, for a person and for programs."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.rows import row
from towpath.cli.main import app
from towpath.cli.top.figures import dollars
from towpath.cli.usage.period import in_words, period_of
from towpath.cli.usage.table import bar
from towpath.ledger.file import FILE_NAME, insert, open_to_write
from towpath.ledger.questions import Period

TODAY = date.today()
Usage = Callable[..., Result]


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., None]:
    """Puts an exchange of today into the ledger, unless told otherwise."""

    def put(**fields: Any) -> None:
        with closing(open_to_write(tmp_path / FILE_NAME)) as connection, connection:
            insert(connection, row(**{"day": TODAY.isoformat(), **fields}))

    return put


@pytest.fixture
def usage(tmp_path: Path) -> Usage:
    """Runs the command, in a terminal of some width."""

    def run(*arguments: str, width: int = 120, **environment: str) -> Result:
        told = {"COLUMNS": str(width), "CLAUDE_PROXY_STATE_DIR": str(tmp_path), "TERM": "dumb", **environment}
        return CliRunner(env=told).invoke(app, ["usage", *arguments])

    return run


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_day_is_shown_by_model(keep: Callable[..., None], usage: Usage, width: int) -> None:
    keep(input=1_000_000, cache_read=9_000_000, output=100_000)
    keep(model="claude-opus-5", output=1_000_000, missed=200_000, cache_write_5m=200_000, cause="age")
    keep(model="a-model-of-a-gateway-with-a-very-long-name-indeed-which-has-no-price", output=7)
    keep(day="2026-01-01", output=1)
    said = usage(width=width).output
    lines = said.splitlines()

    assert max(map(len, lines)) <= width
    assert lines[0].strip() == f"Usage, today, {TODAY}"
    costs = [line.split()[-1] for line in lines[4:7]]
    assert costs == ["$26.25", "$3.90", "unknown"]
    assert [line.split()[-1] for line in lines if line.split()[:1] == ["total"]] == ["$30.15"]
    assert all(figure in said for figure in ("10.0M", "100.0k"))
    assert ("90%" in said, "claude-opus-5" in said) == (width > 60, width > 60)
    told = " ".join(said.split())
    assert "1 answer not in it: no price is known of the model." in told
    assert "200.0k tokens written again, $1.15 of the cost" in told
    assert "it would have cost this" in told.replace("Under a plan ", "")


def test_more_days_are_shown_by_day(keep: Callable[..., None], usage: Usage) -> None:
    yesterday = TODAY - timedelta(days=1)
    keep(output=1)
    keep(day=yesterday.isoformat(), output=1)

    said = usage("--days", "2").output

    assert f"Usage, {yesterday} to {TODAY}" in said
    assert [line.split()[0] for line in said.splitlines() if line.strip().startswith("20")] == [
        yesterday.isoformat(),
        TODAY.isoformat(),
    ]


def test_programs_get_all_of_it(keep: Callable[..., None], usage: Usage) -> None:
    keep(client="=cmd()/1", output=1_000_000)
    keep(client="codex/0.171", status=529)

    told = json.loads(usage("--by", "client", "--json").output)
    lines = list(csv.DictReader(io.StringIO(usage("--by", "client", "--csv").output)))

    assert (told["by"], told["first"], told["last"]) == ("client", TODAY.isoformat(), TODAY.isoformat())
    assert [(one["key"], one["cost"], one["failed"]) for one in told["groups"]] == [
        ("=cmd()", 10, 0),
        ("codex", 0, 1),
    ]
    assert told["total"]["exchanges"] == 2
    assert [(one["client"], float(one["cost"])) for one in lines] == [("'=cmd()", 10), ("codex", 0)]


def test_no_text_of_a_client_steers_the_terminal(keep: Callable[..., None], usage: Usage) -> None:
    keep(client="\x1b[31m[red]x")

    assert "\x1b" not in usage("--by", "client").output


def test_the_dearest_are_listed_and_programs_get_all(keep: Callable[..., None], usage: Usage) -> None:
    for number in range(45):
        keep(conversation=f"a-{number:02}", output=number * 1000)

    lines = usage("--by", "conversation").output.splitlines()
    told = json.loads(usage("--by", "conversation", "--json").output)

    assert [line.split()[0] for line in lines if line.startswith(" a-")][:2] == ["a-44", "a-43"]
    assert any(line.strip() == "5 more" for line in lines)
    assert len(told["groups"]) == 45


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--by", "colour"], "--by takes one of day, week, month, model"),
        (["--since", "May"], "--since takes a date like 2026-11-01, not 'May'."),
    ],
)
def test_a_wrong_option_is_named(usage: Usage, arguments: list[str], sentence: str) -> None:
    result = usage(*arguments)

    assert result.exit_code == 2
    assert result.output.startswith(sentence)


def test_without_a_ledger_it_says_when_there_will_be_one(usage: Usage) -> None:
    result = usage()

    assert result.exit_code == 1
    assert "There is no ledger at" in result.output
    assert "It begins with the first request" in result.output


def test_a_day_without_requests_is_no_error(keep: Callable[..., None], usage: Usage) -> None:
    keep(day="2026-01-01")
    result = usage()

    assert (result.exit_code, result.output) == (0, f"Nothing was asked today, {TODAY}. Try --days 30.\n")


def test_a_damaged_ledger_is_named(tmp_path: Path, usage: Usage) -> None:
    (tmp_path / FILE_NAME).write_text("no ledger" * 100)
    result = usage()

    assert result.exit_code == 1
    assert "usage.db cannot be read: file is not a database." in result.output


def test_prices_of_one_s_own(tmp_path: Path, keep: Callable[..., None], usage: Usage) -> None:
    keep(output=1_000_000)
    own = tmp_path / "prices.toml"
    rates = dict.fromkeys(("input", "cache_write_5m", "cache_write_1h", "cache_read"), 0)
    lines = "\n".join(f"{name} = {price}" for name, price in {**rates, "output": 7}.items())
    own.write_text(f"[models.claude-sonnet-5-5]\n{lines}\n")

    assert "$7.00" in usage(CLAUDE_PROXY_PRICES=str(own)).output
    own.write_text("?")
    result = usage(CLAUDE_PROXY_PRICES=str(own))
    assert result.exit_code == 2
    assert f"{own}: " in result.output
    assert "unset CLAUDE_PROXY_PRICES" in result.output


def test_sessions_of_claude_code_are_read_only_if_asked_for(
    tmp_path: Path, keep: Callable[..., None], usage: Usage
) -> None:
    session = tmp_path / "config" / "projects" / "-work" / "3b.jsonl"
    session.parent.mkdir(parents=True)
    message = {"id": "msg_1", "model": "claude-opus-5-5", "usage": {"output_tokens": 1_000_000}}
    entry = {"type": "assistant", "sessionId": "3b", "timestamp": f"{TODAY}T12:00:00Z", "message": message}
    other = {**entry, "message": {**message, "id": "msg_2"}}
    session.write_text(f"{json.dumps(entry)}\n{json.dumps(other)}\n")
    keep(key="msg_2", model="claude-opus-5-5", output=1_000_000)  # one of them came through the server
    config = {"CLAUDE_CONFIG_DIR": str(tmp_path / "config")}

    before = usage("--days", "3", "--by", "source", **config)
    first = usage("--days", "3", "--by", "source", "--import", **config)
    again = usage("--days", "3", "--by", "source", "--import", **config)

    assert "claude code" not in before.output
    assert "1 session" in first.output.replace("sessions", "session")
    assert "2 answers, 1 of them new" in " ".join(first.output.split())
    assert "2 answers, 0 of them new" in " ".join(again.output.split())
    for result in (first, again):
        (told,) = (line for line in result.output.splitlines() if line.strip().startswith("claude code"))
        assert told.split()[-1] == "$20.00"


@pytest.mark.parametrize(
    ("days", "since", "first"),
    [
        (1, None, "2026-11-28"),
        (30, None, "2026-10-30"),
        (1, date(2026, 11, 1), "2026-11-01"),
        (1, date(2027, 1, 1), "2026-11-28"),
    ],
)
def test_which_days_are_meant(days: int, since: date | None, first: str) -> None:
    assert period_of(date(2026, 11, 28), days, since) == Period(first, "2026-11-28")


def test_days_in_words() -> None:
    assert in_words(Period("2026-11-28", "2026-11-28"), date(2026, 11, 28)) == "today, 2026-11-28"
    assert in_words(Period("2026-11-01", "2026-11-28"), date(2026, 11, 28)) == "2026-11-01 to 2026-11-28"


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "$0.00"), (0.00001, "<$0.0001"), (0.0123, "$0.0123"), (0.1, "$0.10"), (1234.5, "$1,234.50")],
)
def test_dollars(amount: float, words: str) -> None:
    assert dollars(amount) == words


def test_a_bar_is_as_long_as_its_share() -> None:
    assert [bar(value, 8) for value in (0, 0.5, 1, 8)] == ["", "▌", "█", "████████"]
    assert bar(1, 0) == ""
