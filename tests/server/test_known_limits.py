"""When the account's limits are news."""

from towpath.core.account_limits import Verdict
from towpath.server.exchange.events import LimitsChanged, ServerEvent
from towpath.server.exchange.limit_refusals import KnownLimits


def test_only_a_verdict_of_another_kind_is_published() -> None:
    published: list[ServerEvent] = []
    limits = KnownLimits(lambda: 1000.0, published.append, no_extra_usage=False)
    for at, status in enumerate(("allowed", "allowed", "allowed_warning", "allowed_warning", "rejected")):
        limits.hear(Verdict("claude-sonnet-4-5", 100.0 + at, status, window="five_hour", resets_at=2000))

    assert published == [
        LimitsChanged("default", status, "five_hour", extra_usage=False)
        for status in ("allowed", "allowed_warning", "rejected")
    ]
