"""What the API says of an account's limits, as response headers."""

import time

_UNIFIED = "anthropic-ratelimit-unified"
# A day from now, longer than any run: to the CLI a reset that has passed says nothing.
RESET = int(time.time()) + 86_400


def _headers(**values: object) -> dict[str, str]:
    return {f"{_UNIFIED}-{name.strip('_').replace('_', '-')}": str(value) for name, value in values.items()}


_WEEK = _headers(_7d_status="allowed", _7d_utilization=0.11, _7d_reset=RESET + 86_400)

WITHIN = {
    **_headers(status="allowed", representative_claim="five_hour", reset=RESET),
    **_headers(_5h_status="allowed", _5h_utilization=0.42, _5h_reset=RESET),
    **_WEEK,
    **_headers(overage_status="rejected", overage_disabled_reason="out_of_credits"),
}
"""An answer within the plan."""

_USED_UP = {
    **_headers(status="rejected", representative_claim="five_hour", reset=RESET),
    **_headers(_5h_status="rejected", _5h_utilization=1.0, _5h_reset=RESET),
    **_WEEK,
}

ON_EXTRA_USAGE = {**_USED_UP, **_headers(overage_status="allowed", overage_in_use="true")}
"""An answer for which extra usage paid."""

REFUSED = {**_USED_UP, **_headers(overage_status="rejected", overage_disabled_reason="out_of_credits")}
"""With a 429: the window is used up, and there is no extra usage."""
