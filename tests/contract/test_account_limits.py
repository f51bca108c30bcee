"""What the CLI says of an account's limits (engine.md, L).

When a release changes a fact, its test here names it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from claude_agent_sdk import ClaudeAgentOptions, RateLimitEvent, ResultMessage, StreamEvent

from tests.contract.bare_cli import HISTORY, Run, then_say
from tests.support.account import ON_EXTRA_USAGE, REFUSED, RESET, WITHIN
from tests.support.fidelity import Json, text
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli


def with_a_login(options: ClaudeAgentOptions) -> ClaudeAgentOptions:
    """As with a plan's login: the CLI takes a token for one, and nothing here looks at it."""
    own = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "dummy"}
    return dataclasses.replace(options, env={**options.env, **own})


def infos(said: Sequence[Any]) -> list[Json]:
    return [message.rate_limit_info.raw for message in said if isinstance(message, RateLimitEvent)]


def test_l1_with_a_key_the_cli_says_nothing_of_limits(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("yes"),), headers=WITHIN))
    assert infos(run(HISTORY)) == []

    api.reply(Failure(429, "rate_limit_error", "slow down", headers={**REFUSED, "retry-after": "7654321"}))
    said = run(HISTORY)
    assert infos(said) == []
    assert "7654321" not in str(said)  # two digits alone occur in many an id


def test_l2_with_a_login_it_says_so_after_the_answer(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("yes"),), headers=WITHIN, pause_seconds=0.02))
    said = run(HISTORY, change=with_a_login)

    kinds = [m.event["type"] if isinstance(m, StreamEvent) else type(m).__name__ for m in said]
    assert kinds[kinds.index("message_stop") :] == ["message_stop", "RateLimitEvent", "ResultMessage"]
    assert infos(said) == [
        {
            "status": "allowed",
            "rateLimitType": "five_hour",
            "resetsAt": RESET,
            "overageStatus": "rejected",
            "overageDisabledReason": "out_of_credits",
            "isUsingOverage": False,
            "unifiedWindows": {
                "five_hour": {"status": "allowed", "utilization": 0.42, "resetsAt": RESET},
                "seven_day": {"status": "allowed", "utilization": 0.11, "resetsAt": RESET + 86_400},
            },
        }
    ]


def test_l3_it_says_only_what_differs_from_what_it_said_before(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("one"),), headers=WITHIN), Reply((text("two"),), headers=WITHIN))
    assert infos(run(HISTORY, change=with_a_login, then=then_say("again"))) == []

    api.reply(Reply((text("one"),), headers=WITHIN), Reply((text("two"),), headers=ON_EXTRA_USAGE))
    (said,) = infos(run(HISTORY, change=with_a_login, then=then_say("again")))
    assert (said["status"], said["isUsingOverage"], said["overageInUse"]) == ("rejected", True, True)


def test_l4_a_refusal_is_told_before_the_turn_ends(api: ScriptedApi, run: Run) -> None:
    api.reply(Failure(429, "rate_limit_error", "no", headers=REFUSED))
    said = run(HISTORY, change=with_a_login)

    (info,) = infos(said)
    assert (info["status"], info["resetsAt"], info["isUsingOverage"]) == ("rejected", RESET, False)
    assert isinstance(said[-1], ResultMessage)
    assert said[-1].api_error_status == 429


def test_l5_of_an_answer_that_breaks_off_it_says_nothing(api: ScriptedApi, run: Run) -> None:
    api.reply(Reply((text("some text"),), headers=WITHIN, cut_after_events=3, pause_seconds=0.02))

    assert infos(run(HISTORY, change=with_a_login)) == []
