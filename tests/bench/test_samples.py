"""Figures out of samples."""

from collections import Counter

import pytest

from towpath.bench.samples import Flow, OwnUse, Samples, Usage, percentile, row


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.95, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([0.0, 10.0], 0.95, 9.5),
        ([float(n) for n in range(101)], 0.95, 95.0),
        ([5.0, 1.0], 0.0, 1.0),
        ([5.0, 1.0], 1.0, 5.0),
    ],
)
def test_a_percentile_lies_on_the_line_between_two_values(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == pytest.approx(expected)


def test_added_is_what_is_over_the_median_of_direct() -> None:
    direct = Samples(seconds=[0.001, 0.002, 0.009])
    samples = Samples(seconds=[0.032, 0.042, 0.142], ways=Counter(resume=2, start=1), usage=Usage(2, 300.5))

    made = row("resume", samples, direct)

    assert (made.name, made.count, made.errors, made.first_error) == ("resume", 3, 0, None)
    assert made.median_ms == 42
    assert made.direct_median_ms == 2
    assert made.added_median_ms == 40
    assert made.p95_ms == pytest.approx(132)
    assert made.added_p95_ms == pytest.approx(130)
    assert made.ratio == 21
    assert made.p95_to_median == pytest.approx(132 / 42, abs=1e-4)
    assert list(made.ways.items()) == [("resume", 2), ("start", 1)]
    assert (made.processes, made.memory_mb) == (2, 300.5)
    assert made.events is None


def test_the_way_that_was_taken_most_often_comes_first() -> None:
    samples = Samples(seconds=[0.1], ways=Counter(start=1, answer=5, resume=3))

    assert list(row("x", samples, samples).ways) == ["answer", "resume", "start"]


def test_direct_adds_nothing_to_itself() -> None:
    direct = Samples(seconds=[0.001, 0.003, 0.005])
    made = row("resume", direct, direct)

    assert (made.added_median_ms, made.ratio) == (0, 1)


def test_where_nothing_was_measured_there_is_no_figure() -> None:
    failed = Samples(errors=["529: Overloaded", "later"])

    for made in (row("x", failed, Samples(seconds=[0.1])), row("x", failed, Samples())):
        assert (made.count, made.errors, made.first_error) == (0, 2, "529: Overloaded")
        assert made.median_ms is made.added_median_ms is made.added_p95_ms is made.ratio is None
    assert row("x", Samples(seconds=[0.1]), failed).added_median_ms is None


def test_a_flow_has_its_rate_and_what_it_cost() -> None:
    samples = Samples(seconds=[0.1] * 5, flow=Flow(events=10_000, seconds=4))
    samples.took(OwnUse(10.0, 90.0), OwnUse(10.5, 95.0))
    samples.took(OwnUse(11.0, 93.0), OwnUse(11.25, 96.0))

    made = row("events per second", samples, Samples())

    assert (made.events, made.events_per_second) == (10_000, 2_500)
    assert made.cpu_seconds_per_1000_events == 0.075
    assert made.own_cpu_ms == 150
    assert (made.rss_before_mb, made.rss_after_mb) == (90, 96)


def test_a_flow_without_a_process_or_without_events_has_no_such_figures() -> None:
    assert row("x", Samples(flow=Flow(10, 2)), Samples()).cpu_seconds_per_1000_events is None
    nothing = row("x", Samples(flow=Flow()), Samples())
    assert (nothing.events, nothing.events_per_second) == (0, None)
