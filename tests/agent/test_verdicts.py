"""What a CLI says of limits, message by message."""

from typing import Any

import pytest

from towpath.agent.verdicts import HeardLimits, verdict_of
from towpath.core.account_limits import ExtraUsage, Verdict, Window
from towpath.core.errors import ApiError

START = {"type": "stream_event", "event": {"type": "message_start"}}
STOP = {"type": "stream_event", "event": {"type": "message_stop"}}
RESULT = {"type": "result", "is_error": False}
FAILED = {"type": "result", "is_error": True}
RESULTS = {"type": "user"}


def says(status: str) -> dict[str, Any]:
    return {"type": "rate_limit_event", "rate_limit_info": {"status": status}}


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        pytest.param([START, STOP, RESULT], [], id="nothing"),
        pytest.param([START, STOP, says("allowed"), RESULT], ["allowed"], id="once"),
        pytest.param(
            [START, says("allowed"), RESULT, START, STOP, RESULT], ["allowed", "allowed"], id="the-same-again"
        ),
        pytest.param(
            [START, says("allowed"), RESULTS, START, STOP, RESULTS], ["allowed", "allowed"], id="in-a-turn"
        ),
        pytest.param([START, says("allowed"), RESULT, RESULT], ["allowed"], id="no-answer-between"),
        pytest.param([START, says("allowed"), RESULT, START, FAILED], ["allowed"], id="broken-off"),
        pytest.param(
            [START, says("allowed"), RESULT, START, FAILED, RESULT], ["allowed"], id="after-a-broken-one"
        ),
        pytest.param(
            [START, says("allowed"), RESULT, says("rejected"), FAILED], ["allowed", "rejected"], id="refused"
        ),
    ],
)
def test_each_answer_has_a_verdict(messages: list[dict[str, Any]], told: list[str]) -> None:
    verdicts: list[Verdict] = []
    heard = HeardLimits("m", verdicts.append)
    for message in messages:
        heard.hear(message)

    assert [verdict.status for verdict in verdicts] == told
    assert [verdict.at for verdict in verdicts] == sorted(verdict.at for verdict in verdicts)


def test_what_forbids_to_go_on_is_handed_back() -> None:
    error = ApiError(429, "no")
    heard = HeardLimits("m", lambda _: error)

    assert [heard.hear(message) for message in (START, STOP, says("rejected"))] == [None, None, error]


def test_a_verdict_has_all_that_the_cli_says() -> None:
    info = {
        "status": "rejected",
        "resetsAt": 300,
        "rateLimitType": "seven_day_opus",
        "utilization": 1.01,
        "overageStatus": "allowed_warning",
        "overageResetsAt": 400,
        "isUsingOverage": True,
        "unifiedWindows": {"five_hour": {"utilization": 0.5, "resetsAt": 200, "status": "allowed"}},
    }

    assert verdict_of(info, "m", 1.5) == Verdict(
        "m",
        1.5,
        "rejected",
        window="seven_day_opus",
        resets_at=300,
        windows=(Window("five_hour", "allowed", 0.5, 200), Window("seven_day_opus", None, 1.01, 300)),
        extra=ExtraUsage("allowed_warning", 400, None, in_use=True),
        draws=True,
    )


def test_what_the_cli_leaves_out_is_not_known() -> None:
    assert verdict_of({"status": "allowed"}, "m", 1) == Verdict("m", 1, "allowed")
    disabled = {"status": "rejected", "overageStatus": "rejected", "overageDisabledReason": "out_of_credits"}
    assert verdict_of(disabled, "m", 1).extra == ExtraUsage("rejected", None, "out_of_credits")
