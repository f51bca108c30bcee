"""How checks are run and how what they find is shown."""

import threading

import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.doctor.findings import Check, Finding, findings_of, ok, problem, skipped, warning
from towpath.cli.doctor.report import as_json, is_ok, lines_of, summary


def broken() -> Finding:
    raise RuntimeError("no such thing")


def test_a_check_that_raises_is_a_problem_and_the_others_are_heard() -> None:
    found = dict(findings_of([Check("first", broken), Check("second", lambda: ok("fine"))]))

    assert found["first"].status == "problem"
    assert "RuntimeError: no such thing" in found["first"].detail
    assert found["first"].remedy
    assert found["second"] == ok("fine")


def test_checks_run_side_by_side_and_are_heard_in_order() -> None:
    second_is_done = threading.Event()

    def first() -> Finding:
        return ok("together") if second_is_done.wait(WAIT_SECONDS) else problem("one by one", "")

    def second() -> Finding:
        second_is_done.set()
        return ok("second")

    found = list(findings_of([Check("a", first), Check("b", second)]))

    assert found == [("a", ok("together")), ("b", ok("second"))]


@pytest.mark.parametrize(
    ("findings", "holds"),
    [
        ([ok("")], True),
        ([warning("", ""), skipped("")], True),
        ([ok(""), problem("", "")], False),
    ],
)
def test_only_a_problem_fails(findings: list[Finding], holds: bool) -> None:
    named = [("name", finding) for finding in findings]

    assert is_ok(named) is holds
    assert as_json(named)["ok"] is holds


def test_the_document_has_all_that_a_program_needs() -> None:
    document = as_json([("port", problem("taken", "stop it"))])

    assert document == {
        "ok": False,
        "checks": [{"name": "port", "status": "problem", "detail": "taken", "remedy": "stop it"}],
    }


def test_a_line_for_the_check_and_the_remedy_below_it() -> None:
    assert lines_of("port", ok("free"), "utf-8") == ["✓ port: free"]
    assert lines_of("port", problem("taken", "stop it\nor go"), "utf-8") == [
        "✗ port: taken",
        "    stop it",
        "    or go",
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "no-such-encoding"])
def test_a_terminal_without_the_signs_gets_letters(encoding: str) -> None:
    assert lines_of("port", ok("free"), encoding) == ["ok port: free"]


def test_the_last_line_counts() -> None:
    found = [("a", problem("", "")), ("b", warning("", "")), ("c", warning("", "")), ("d", skipped(""))]

    assert summary(found) == "1 problem, 2 warnings."
    assert summary([("a", ok(""))]) == "no problems, no warnings."
