"""A report as people read it, and as programs do."""

import json
from collections import defaultdict
from typing import Any

import pytest
from rich.console import Console

from towpath.bench.report import Report, attributed, installed_versions, target_reports, this_machine
from towpath.bench.samples import Flow, Samples, Usage
from towpath.bench.tables import headings, markdown, notes, rows, table

NONE = "\u2013"


def flow() -> Flow:
    return Flow(events=20_000, seconds=4)


def report(*, peer: bool = False, **changes: Any) -> Report:
    direct, proxied = [0.002, 0.002], [0.03, 0.05]
    results = {
        "resume": {
            "direct": Samples(direct),
            "towpath": Samples(proxied, usage=Usage(3, 1234.5), cpu_seconds=0.008),
            "peer": Samples([0.5]),
        },
        "5 at once": {
            "direct": Samples(direct),
            "towpath": Samples(proxied),
            "peer": Samples(errors=["529: full"] * 2),
        },
        "events per second": {
            "direct": Samples(direct, flow=flow()),
            "towpath": Samples(proxied, flow=flow(), cpu_seconds=1.0, rss_before_mb=90, rss_after_mb=91),
            "peer": Samples([0.5], flow=flow()),
        },
    }
    for samples in results.values():
        samples["towpath"].ways.update(["start", "resume", "resume"])
    requests = {"direct": 6, "towpath": 4, "peer": 2}
    if not peer:
        del requests["peer"]
    fields: dict[str, Any] = {
        "machine": {"python": "3.11.0", "cpus": 2, "memory_mb": 4096, "platform": "Linux"},
        "versions": {"towpath": "0.1.0", "claude-agent-sdk": "0.2.0"},
        "date": "2026-11-22",
        "rounds": 2,
        "pause": 1.5,
        "interrupted": False,
        "left_running": 0,
        "targets": target_reports(results, requests, {"direct": 6, "towpath": 5}),
        **changes,
    }
    return Report(**fields)


def test_a_row_has_what_direct_takes_and_what_is_added() -> None:
    assert headings(report()) == [
        ("", "step"),
        ("direct", "ms"),
        ("towpath", "+ms"),
        ("towpath", "+p95"),
        ("towpath", "ratio"),
        ("towpath", "way"),
        ("towpath", "CPU"),
        ("towpath", "CLIs"),
        ("towpath", "MB"),
    ]
    assert rows(report()) == [
        ["resume", "2.0", "38.0", "47.0", "20.0", "resume", "4.0", "3", "1,234"],
        ["5 at once", "2.0", "38.0", "47.0", "20.0", "resume", NONE, NONE, NONE],
    ]


def test_what_a_target_says_of_its_own_time_is_a_column_each() -> None:
    slow = Samples([0.5], phases=defaultdict(list, {"read": [0.5, 0.25, 0.25], "start": [410.0]}))
    targets = target_reports(
        {"first": {"direct": Samples([0.1]), "towpath": slow}}, {"direct": 1, "towpath": 1}, {}
    )
    made = report(targets=targets)

    assert headings(made)[2:] == [("towpath", name) for name in ("+ms", "+p95", "ratio", "read", "start")]
    assert rows(made) == [["first", "100.0", "400.0", "400.0", "5.0", "0.2", "410.0"]]


def test_a_peer_is_more_columns_without_ways_and_processes() -> None:
    assert headings(report(peer=True))[9:] == [("peer", "+ms"), ("peer", "+p95"), ("peer", "ratio")]
    assert [cells[9:] for cells in rows(report(peer=True))] == [
        ["498.0", "498.0", "250.0"],
        [NONE, NONE, NONE],
    ]


def test_notes_say_what_has_no_column() -> None:
    assert list(notes(report(peer=True))) == [
        "Model calls per request: direct 1.00, towpath 1.25, peer \u2013.",
        "p95 to median, direct: 5 at once 1.0.",
        "p95 to median, towpath: 5 at once 1.2.",
        "p95 to median, peer: 5 at once \u2013.",
        "Events per second, direct: 5,000 (20,000 events).",
        "Events per second, towpath: 5,000 (20,000 events, 0.050 s of its own CPU time per 1,000 events, "
        "90 MB before and 91 MB after).",
        "Events per second, peer: 5,000 (20,000 events).",
        "ERRORS: peer, 5 at once: 2; the first one: 529: full",
        "2 CPUs, 4 GB, Linux, Python 3.11.0; towpath 0.1.0, claude-agent-sdk 0.2.0; 2026-11-22; 2 rounds, "
        "pauses of 1.5 s.",
    ]


def test_what_went_wrong_is_said_and_known() -> None:
    left = report(left_running=2, interrupted=True)

    assert "ERROR: 2 processes outlived the proxy and were killed." in list(notes(left))
    assert list(notes(left))[-1].endswith("Ended before its time.")
    assert left.has_errors
    assert report(peer=True).has_errors
    assert not report().has_errors


def test_the_terminal_needs_80_columns_for_one_proxy() -> None:
    console = Console(width=200)
    slow = Samples([12.3456] * 2, usage=Usage(12, 3456), cpu_seconds=0.0456)
    slow.ways.update(["answer"])
    name = "resume, 1,000 messages, 5 MB"
    results = {name: {"direct": Samples([0.05]), "towpath": slow}}
    targets = target_reports(results, {"direct": 1, "towpath": 1}, {})
    with console.capture() as capture:
        console.print(table(report(targets=targets)))

    assert "12,296" in capture.get()
    assert max(len(line.rstrip()) for line in capture.get().splitlines()) <= 80


def test_markdown_is_a_table_and_a_list() -> None:
    lines = markdown(report()).splitlines()

    assert lines[0].startswith("| step | direct ms | towpath +ms |")
    assert lines[1].startswith("| --- | ---: |")
    assert lines[2] == "| resume | 2.0 | 38.0 | 47.0 | 20.0 | resume | 4.0 | 3 | 1,234 |"
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert lines[4] == ""
    assert all(line.startswith("- ") for line in lines[5:])


def test_the_terminal_shows_the_same_figures() -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table(report(peer=True)))

    for cell in (cell for cells in rows(report(peer=True)) for cell in cells):
        assert cell in capture.get()
    assert [capture.get().count(name) for name in ("direct", "towpath", "peer")] == [1, 1, 1]


def test_the_json_document_has_a_list_of_steps_for_each_target() -> None:
    document = json.loads(json.dumps(report().as_json()))

    assert set(document) == {
        "machine", "versions", "date", "rounds", "pause", "interrupted", "left_running", "targets",
    }  # fmt: skip
    steps = document["targets"]["towpath"]["steps"]
    assert [step["name"] for step in steps] == ["resume", "5 at once", "events per second"]
    assert steps[0]["added_median_ms"] == 38
    assert steps[0]["ways"] == {"resume": 2, "start": 1}
    assert document["targets"]["towpath"]["calls_per_request"] == 1.25


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        ([], {"direct": 3, "towpath": 4}),
        (["peer"], {"direct": 3, "towpath": 4, "peer": 5}),
        (["peer", "other"], {"direct": 3, "towpath": 4}),
    ],
)
def test_calls_at_the_root_are_the_only_peers(peers: list[str], expected: dict[str, int]) -> None:
    assert attributed({"direct": 3, "towpath": 4, "": 5}, peers) == expected


def test_the_machine_and_the_versions_are_named() -> None:
    assert set(this_machine()) == {"python", "cpus", "memory_mb", "platform"}
    assert set(installed_versions()) == {"towpath", "claude-agent-sdk"}
