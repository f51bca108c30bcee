"""What is known of an account's limits, by what its answers said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.account_limits import AccountLimits, ExtraUsage, Verdict, Window

NOW = 1_000_000
RESET = NOW + 100
OPUS, SONNET = "claude-opus-4-6", "claude-sonnet-4-6"


def within(model: str = SONNET, at: float = NOW, **fields: Any) -> Verdict:
    return Verdict(model, at, "allowed", **{"window": "five_hour", "resets_at": RESET, **fields})


def drawing(model: str = SONNET, at: float = NOW, **fields: Any) -> Verdict:
    paid = {"extra": ExtraUsage("allowed", in_use=True), "draws": True}
    return Verdict(model, at, "rejected", **{"window": "five_hour", "resets_at": RESET, **paid, **fields})


def known_by(*verdicts: Verdict) -> AccountLimits:
    limits = AccountLimits()
    for verdict in verdicts:
        limits.add(verdict)
    return limits


def test_a_newer_answer_counts_more_whatever_comes_last() -> None:
    old = within(at=NOW, windows=(Window("five_hour", "allowed", 0.4, RESET),))
    new = within(at=NOW + 1, windows=(Window("five_hour", "allowed_warning", 0.9, RESET),))

    for order in ((old, new), (new, old)):
        limits = known_by(*order)
        assert limits.windows(NOW) == [Window("five_hour", "allowed_warning", 0.9, RESET)]
        assert limits.newest(NOW) == new


def test_windows_of_different_answers_are_kept_side_by_side() -> None:
    limits = known_by(
        within(window="seven_day_opus", model=OPUS, windows=(Window("seven_day", "allowed", 0.1, RESET),)),
        within(window="five_hour", at=NOW + 1),
    )

    assert {window.name: window.status for window in limits.windows(NOW)} == {
        "seven_day": "allowed",
        "seven_day_opus": "allowed",
        "five_hour": "allowed",
    }


def test_the_window_that_decided_has_the_status_of_the_answer_unless_it_has_its_own() -> None:
    listed = (Window("five_hour", None, 1.0, RESET), Window("seven_day", "allowed", 0.5, RESET))

    assert known_by(drawing(windows=listed)).windows(NOW) == [
        Window("seven_day", "allowed", 0.5, RESET),
        Window("five_hour", "rejected", 1.0, RESET),
    ]


def test_extra_usage_is_no_window_of_the_plan() -> None:
    assert known_by(drawing(window="overage")).windows(NOW) == []


def test_after_its_reset_nothing_is_known_of_a_window() -> None:
    limits = known_by(drawing(windows=(Window("seven_day", "allowed", 0.5, RESET + 1),)))

    assert [window.name for window in limits.windows(RESET)] == ["seven_day"]
    assert limits.newest(RESET) is None
    assert limits.headers(SONNET, RESET) == {
        "anthropic-ratelimit-unified-7d-status": "allowed",
        "anthropic-ratelimit-unified-7d-utilization": "0.5",
        "anthropic-ratelimit-unified-7d-reset": str(RESET + 1),
    }


@pytest.mark.parametrize("status", ["allowed", "rejected"])
def test_an_answer_that_names_no_window_says_nothing(status: str) -> None:
    limits = known_by(drawing(), Verdict(SONNET, NOW + 1, status))

    assert limits.newest(NOW) == drawing()
    assert limits.drawn_by(SONNET, NOW)


@pytest.mark.parametrize(
    ("verdicts", "refused"),
    [
        pytest.param([], set(), id="nothing-known"),
        pytest.param([within()], set(), id="within"),
        pytest.param([drawing()], {OPUS, SONNET}, id="all-models"),
        pytest.param([drawing(window="seven_day")], {OPUS, SONNET}, id="the-week"),
        pytest.param([drawing(OPUS, window="seven_day_opus")], {OPUS}, id="one-model"),
        pytest.param([drawing(OPUS, window=None)], {OPUS}, id="unnamed"),
        pytest.param([drawing(), within(OPUS, NOW + 1)], set(), id="since-within"),
        pytest.param([drawing(at=NOW + 1), within(OPUS)], {OPUS, SONNET}, id="before-within"),
        pytest.param(
            [drawing(OPUS, window="seven_day_opus"), within(at=NOW + 1)], {OPUS}, id="another-model-within"
        ),
        pytest.param(
            [drawing(OPUS, window="seven_day_opus"), within(OPUS, NOW + 1)], set(), id="the-same-model-within"
        ),
        pytest.param([drawing(resets_at=NOW)], set(), id="reset"),
        pytest.param([within(draws=False, extra=ExtraUsage("allowed"))], set(), id="only-available"),
    ],
)
def test_which_models_would_draw_on_extra_usage(verdicts: list[Verdict], refused: set[str]) -> None:
    for order in (verdicts, verdicts[::-1]):
        limits = known_by(*order)
        assert {model for model in (OPUS, SONNET) if limits.drawn_by(model, NOW)} == refused


VERDICTS = st.lists(
    st.builds(
        lambda make, **fields: make(**fields),
        st.sampled_from([within, drawing]),
        model=st.sampled_from([OPUS, SONNET]),
        at=st.integers(NOW - 50, NOW),
        window=st.sampled_from(["five_hour", "seven_day", "seven_day_opus", "overage", None]),
        resets_at=st.sampled_from([NOW - 1, NOW + 1, RESET]),
    ),
    unique_by=lambda verdict: verdict.at,
)


@given(verdicts=VERDICTS, data=st.data())
def test_the_order_in_which_verdicts_come_does_not_matter(
    verdicts: list[Verdict], data: st.DataObject
) -> None:
    one, other = known_by(*verdicts), known_by(*data.draw(st.permutations(verdicts)))

    for model in (OPUS, SONNET):
        assert bool(one.drawn_by(model, NOW)) == bool(other.drawn_by(model, NOW))
        assert one.headers(model, NOW) == other.headers(model, NOW)
    assert by_name(one) == by_name(other)


def by_name(limits: AccountLimits) -> dict[str, Any]:
    windows = {window.name: window for window in limits.windows(NOW)}
    return {"newest": limits.newest(NOW), "windows": windows}


def test_without_a_known_reset_it_draws_for_an_hour() -> None:
    limits = known_by(drawing(resets_at=None))

    assert limits.drawn_by(SONNET, NOW + 3599)
    assert not limits.drawn_by(SONNET, NOW + 3600)


def test_headers_are_those_of_the_model_that_answers() -> None:
    limits = known_by(drawing(OPUS, window="seven_day_opus"), within(at=NOW + 1))

    def status(model: str) -> str:
        return limits.headers(model, NOW)["anthropic-ratelimit-unified-status"]

    assert [status(OPUS), status(SONNET), status("claude-haiku-4-5")] == ["rejected", "allowed", "allowed"]


def test_what_is_not_known_is_no_header() -> None:
    limits = known_by(Verdict(SONNET, NOW + 0.4, "allowed", "five_hour"))

    assert limits.headers(SONNET, NOW) == {
        "anthropic-ratelimit-unified-status": "allowed",
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-5h-status": "allowed",
    }
