"""What the API says of an account's limits: its windows, and the paid extra usage beyond them. Pure.

    Verdict         what one answer said; the newest of each model counts
    AccountLimits   what all verdicts together say at a given moment

Only answers under a plan's login say such things; with an API key nothing is known. Times are in Unix
seconds. A window or verdict whose reset has passed is over: nothing is known of what follows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Further windows count the requests of some models only.
WINDOWS_OF_ALL_MODELS = frozenset({"five_hour", "seven_day"})
# The claim that means extra usage itself, which is not a window of the plan.
EXTRA_USAGE = "overage"
_HEADER = "anthropic-ratelimit-unified"
_HEADER_NAMES: Mapping[str, str] = {
    "five_hour": "5h",
    "seven_day": "7d",
    "seven_day_overage_included": "7d_oi",
}
# The API names a reset with each verdict. Without one, a refusal would last for ever: nothing would be sent
# whose answer could lift it.
_UNKNOWN_RESET_SECONDS = 3600


@dataclass(frozen=True)
class Window:
    """``status``: allowed, allowed_warning or rejected. ``utilization``: 0 to 1, more if it was exceeded."""

    name: str
    status: str | None = None
    utilization: float | None = None
    resets_at: int | None = None


@dataclass(frozen=True)
class ExtraUsage:
    """Paid usage beyond the plan. ``in_use``: it paid for the answer."""

    status: str | None = None
    resets_at: int | None = None
    disabled_reason: str | None = None
    in_use: bool = False


@dataclass(frozen=True)
class Verdict:
    """What an answer of ``model``, which began ``at``, said. ``window`` names the one that decided.

    ``draws``: that window is used up, and extra usage paid.
    """

    model: str
    at: float
    status: str
    window: str | None = None
    resets_at: int | None = None
    windows: tuple[Window, ...] = ()
    extra: ExtraUsage = ExtraUsage()
    draws: bool = False

    @property
    def until(self) -> float:
        """When it is over at the latest, if extra usage paid."""
        return self.at + _UNKNOWN_RESET_SECONDS if self.resets_at is None else self.resets_at

    def is_over(self, now: float) -> bool:
        """Whether its window has been reset since."""
        return self.resets_at is not None and self.resets_at <= now

    def all_windows(self) -> Iterator[Window]:
        """The windows it lists, and the one that decided, which it may describe better or not list at all."""
        listed = {window.name: window for window in self.windows}
        decided = listed.pop(self.window, None) if self.window else None
        yield from listed.values()
        if self.window and self.window != EXTRA_USAGE:
            known = decided or Window(self.window, resets_at=self.resets_at)
            yield Window(known.name, known.status or self.status, known.utilization, known.resets_at)


class AccountLimits:
    """What all verdicts say together, in whichever order they come."""

    def __init__(self) -> None:
        self._verdicts: dict[str, Verdict] = {}
        self._windows: dict[str, tuple[float, Window]] = {}

    def add(self, verdict: Verdict) -> None:
        """Take note of a verdict; where a newer answer has said something, that stays.

        An answer that mentions no window is ignored: the API was overloaded, or it was not billed to a plan.
        """
        windows = list(verdict.all_windows())
        if not windows and not verdict.draws:
            return
        known = self._verdicts.get(verdict.model)
        if known is None or known.at <= verdict.at:
            self._verdicts[verdict.model] = verdict
        for window in windows:
            at, _ = self._windows.get(window.name, (verdict.at, window))
            if at <= verdict.at:
                self._windows[window.name] = verdict.at, window

    def windows(self, now: float) -> list[Window]:
        """The windows that have not been reset since they were reported."""
        told = (window for _, window in self._windows.values())
        return [window for window in told if window.resets_at is None or window.resets_at > now]

    def newest(self, now: float) -> Verdict | None:
        """The newest verdict that is not over."""
        current = [verdict for verdict in self._verdicts.values() if not verdict.is_over(now)]
        return max(current, key=lambda verdict: verdict.at, default=None)

    def drawing(self, now: float) -> list[Verdict]:
        """The verdicts by which a further request would draw on extra usage."""
        return [verdict for verdict in self._verdicts.values() if self._still_draws(verdict, now)]

    def drawn_by(self, model: str, now: float) -> Verdict | None:
        """The verdict by which a request for this model would draw on extra usage."""
        for verdict in self.drawing(now):
            if verdict.model == model or verdict.window in WINDOWS_OF_ALL_MODELS:
                return verdict
        return None

    def _still_draws(self, verdict: Verdict, now: float) -> bool:
        if not verdict.draws or verdict.until <= now:
            return False
        if verdict.window not in WINDOWS_OF_ALL_MODELS:
            return True
        # A newer answer within the plan, from whichever model, was within this window as well.
        return all(other.draws or other.at <= verdict.at for other in self._verdicts.values())

    def headers(self, model: str, now: float) -> dict[str, str]:
        """What is known as the API's own response headers, for an answer of this model."""
        own = self._verdicts.get(model)
        verdict = own if own and not own.is_over(now) else self.newest(now)
        values: dict[str, Any] = {}
        if verdict:
            extra = verdict.extra
            values = {
                "status": verdict.status,
                "representative-claim": verdict.window,
                "reset": verdict.resets_at,
                "overage-status": extra.status,
                "overage-reset": extra.resets_at,
                "overage-disabled-reason": extra.disabled_reason,
                "overage-in-use": "true" if extra.in_use else None,
            }
        for window in self.windows(now):
            if name := _HEADER_NAMES.get(window.name):
                values[f"{name}-status"] = window.status
                values[f"{name}-utilization"] = window.utilization
                values[f"{name}-reset"] = window.resets_at
        return {f"{_HEADER}-{name}": str(value) for name, value in values.items() if value is not None}
