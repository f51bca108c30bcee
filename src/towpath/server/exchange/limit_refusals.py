"""The newest word on the account's limits: for headers, GET /v1/limits, metrics and refusals."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from towpath.core.accesses import DEFAULT
from towpath.core.account_limits import AccountLimits, Verdict, Window
from towpath.core.errors import ApiError
from towpath.server.exchange.events import LimitsChanged, Publish
from towpath.server.reports import ExtraUsageReport, LimitsReport, Refusing

_NAMES = {"five_hour": "5-hour window", "seven_day": "weekly window"}


class KnownLimits:
    """What the API told all processes of an access. ``clock`` is Unix time in seconds.

    ``no_extra_usage``: refuse what would draw on paid extra usage.
    """

    def __init__(
        self, clock: Callable[[], float], publish: Publish, *, access: str = DEFAULT, no_extra_usage: bool
    ) -> None:
        self._access = access
        self._clock = clock
        self._publish = publish
        self._no_extra_usage = no_extra_usage
        self._limits = AccountLimits()

    def hear(self, verdict: Verdict) -> ApiError | None:
        """Take note of a verdict; the error with which a turn ends that would draw on extra usage next.

        The session that reports a verdict needs this answer, so it is a call and not an event: an error here
        must end the turn instead of being logged while money is spent.
        """
        before = self._kind_of_newest()
        self._limits.add(verdict)
        if (now := self._kind_of_newest()) and now != before:
            self._publish(now)
        return self._refusal(verdict.model)

    def check(self, model: str) -> None:
        """Raises ApiError if a request for this model would draw on extra usage that is not allowed."""
        if error := self._refusal(model):
            raise error

    def headers(self, model: str) -> dict[str, str]:
        """The response headers of an answer of this model, as the API names them."""
        return self._limits.headers(model, self._clock())

    def windows(self) -> Sequence[Window]:
        """All windows about which something is known."""
        return self._limits.windows(self._clock())

    @property
    def extra_usage_in_use(self) -> bool:
        """Whether, by the newest verdict, extra usage pays."""
        newest = self._limits.newest(self._clock())
        return newest is not None and newest.extra.in_use

    def report(self) -> LimitsReport:
        """What is known, for /v1/limits."""
        now = self._clock()
        newest = self._limits.newest(now)
        extra = newest.extra if newest else None
        refused = self._limits.drawing(now) if self._no_extra_usage else []
        return LimitsReport(
            access=self._access,
            as_of=round(newest.at) if newest else None,
            status=newest.status if newest else None,
            representative=newest.window if newest else None,
            windows=self._limits.windows(now),
            extra_usage=ExtraUsageReport(
                status=extra.status if extra else None,
                resets_at=extra.resets_at if extra else None,
                disabled_reason=extra.disabled_reason if extra else None,
                in_use=extra.in_use if extra else None,
                allowed_here=not self._no_extra_usage,
            ),
            refusing=[Refusing(window=v.window, model=v.model, until=math.ceil(v.until)) for v in refused],
        )

    def _refusal(self, model: str) -> ApiError | None:
        now = self._clock()
        verdict = self._limits.drawn_by(model, now) if self._no_extra_usage else None
        if verdict is None:
            return None
        window = _NAMES.get(verdict.window or "", f"limit {verdict.window}" if verdict.window else "limit")
        reset = datetime.fromtimestamp(verdict.until, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return ApiError(
            429,
            f"The plan's {window} is used up; further requests would draw on paid extra usage, which "
            f"CLAUDE_PROXY_NO_EXTRA_USAGE=1 forbids. The window is reset at {reset}.",
            # Without it, Anthropic's SDKs sleep until then, for hours, and nobody reads the sentence.
            headers={
                "retry-after": str(max(1, math.ceil(verdict.until - now))),
                "x-should-retry": "false",
            },
            window=verdict.window,
        )

    def _kind_of_newest(self) -> LimitsChanged | None:
        newest = self._limits.newest(self._clock())
        if newest is None:
            return None
        return LimitsChanged(self._access, newest.status, newest.window, newest.extra.in_use)


def limits_report(limits: Mapping[str, KnownLimits], access: str = DEFAULT) -> LimitsReport:
    """The answer of /v1/limits: what is known of an access, and beside it of the others."""
    others = [one.report() for name, one in limits.items() if name != access]
    return msgspec.structs.replace(limits[access].report(), others=others)
