"""What one CLI says of the account's limits, read as the API's verdicts.

It says so after an answer, and only if that differs from what it said before (docs/engine.md, L2 and L3).
So an answer that says nothing of them repeats the newest verdict: otherwise what another process heard in the
meantime would count for ever.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from towpath.core.account_limits import ExtraUsage, Verdict, Window
from towpath.core.errors import ApiError

OnVerdict = Callable[[Verdict], ApiError | None]
"""Told of each verdict. Returns an error if a turn that needs a further model call has to end with it."""


class HeardLimits:
    """The verdicts that the CLI of one process has passed on. ``newest`` is the last of them."""

    def __init__(self, model: str, on_verdict: OnVerdict) -> None:
        self._model = model
        self._on_verdict = on_verdict
        self._answer_began_at: float | None = None
        self.newest: Verdict | None = None

    def hear(self, message: Mapping[str, Any]) -> ApiError | None:
        """Take the CLI's next message; what ``on_verdict`` returned, if there is a verdict in it."""
        match message.get("type"):
            case "stream_event" if message["event"]["type"] == "message_start":
                self._answer_began_at = time.time()
            case "rate_limit_event":
                info = message["rate_limit_info"]
                return self._tell(verdict_of(info, self._model, self._answer_began_at or time.time()))
            case "result" if message.get("is_error"):
                self._answer_began_at = None  # the CLI has no verdict for an answer that broke off
            case "user" | "result" if self.newest and self._answer_began_at:
                return self._tell(replace(self.newest, at=self._answer_began_at))
        return None

    def _tell(self, verdict: Verdict) -> ApiError | None:
        self.newest, self._answer_began_at = verdict, None
        return self._on_verdict(verdict)


def verdict_of(info: Mapping[str, Any], model: str, at: float) -> Verdict:
    """The verdict in a ``rate_limit_info`` of the CLI."""
    draws = info.get("isUsingOverage") is True
    return Verdict(
        model,
        at,
        str(info.get("status")),
        window=info.get("rateLimitType"),
        resets_at=info.get("resetsAt"),
        windows=tuple(_windows(info)),
        extra=ExtraUsage(
            info.get("overageStatus"),
            info.get("overageResetsAt"),
            info.get("overageDisabledReason"),
            in_use=draws or info.get("overageInUse") is True,
        ),
        draws=draws,
    )


def _windows(info: Mapping[str, Any]) -> list[Window]:
    listed = [
        Window(name, said.get("status"), said.get("utilization"), said.get("resetsAt"))
        for name, said in (info.get("unifiedWindows") or {}).items()
    ]
    decided, utilization = info.get("rateLimitType"), info.get("utilization")
    if decided and utilization is not None and decided not in {window.name for window in listed}:
        listed.append(Window(decided, utilization=utilization, resets_at=info.get("resetsAt")))
    return listed
