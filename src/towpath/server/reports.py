"""What the server says of itself, as types: the answers of /health and /v1/limits.

They are sent as they are here, described so in the OpenAPI document, and read so by `towpath top`: names are
part of the interface. All times are Unix seconds; what is not known is null.
"""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from towpath.core.limits import Window
from towpath.core.mode import Mode


class Greeting(Struct, frozen=True, kw_only=True):
    """What anybody may know of the server: that it is there."""

    status: str


class Login(Struct, frozen=True, kw_only=True):
    """Who is logged in, as far as the CLI has said."""

    logged_in: bool | None = None
    method: str | None = None
    provider: str | None = None
    subscription: str | None = None


class Cli(Struct, frozen=True, kw_only=True):
    """The CLI that answers."""

    path: str
    version: str
    found: bool


class HealthReport(Struct, frozen=True, kw_only=True):
    """How the server is. `sessions` counts the live processes by their state."""

    status: str
    version: str
    mode: Mode
    auth: Login
    cli: Cli
    sessions: dict[str, int]
    waiting: int
    memory_mb: int


class ExtraUsageReport(Struct, frozen=True, kw_only=True):
    """Paid usage beyond the plan. `in_use`: it paid for the newest answer; `allowed_here`: it may."""

    status: str | None
    resets_at: int | None
    disabled_reason: str | None
    in_use: bool | None
    allowed_here: bool


class Refusing(Struct, frozen=True, kw_only=True):
    """Requests that are refused since only extra usage would pay for them."""

    window: str | None
    model: str
    until: int


class LimitsReport(Struct, frozen=True, kw_only=True):
    """What is known of the account's limits; `representative` names the window that decided."""

    as_of: int | None
    status: str | None
    representative: str | None
    windows: list[Window]
    extra_usage: ExtraUsageReport
    refusing: list[Refusing]


def report_response(report: Any) -> Response:
    return Response(msgspec.json.encode(report), media_type="application/json")
