"""What the server says of itself, as types: the answers of /health, /v1/limits, /v1/activity and /v1/usage.

They are sent as they are here, described so in the OpenAPI document, and read so by `towpath top`: names are
part of the interface. All times are Unix seconds; what is not known is null.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from towpath.core.account_limits import Window
from towpath.core.mode import Mode
from towpath.core.to_json import to_json
from towpath.ledger.questions import Sums
from towpath.ledger.row import Tokens as TokensByPrice


class Greeting(Struct, frozen=True, kw_only=True):
    """What anybody may know of the server: that it is there."""

    status: str


class Login(Struct, frozen=True, kw_only=True):
    """Who is logged in, as far as the CLI has said."""

    logged_in: bool | None = None
    method: str | None = None
    provider: str | None = None
    subscription: str | None = None


class AccessReport(Login, frozen=True, kw_only=True):
    """An access, and who is logged in there."""

    name: str


class Cli(Struct, frozen=True, kw_only=True):
    """The CLI that answers."""

    path: str
    version: str
    found: bool


class HealthReport(Struct, frozen=True, kw_only=True):
    """How the server is.

    `sessions` counts the live processes by their state; `ledger` is ok, off, or says why it is not written.
    `auth` is about the default access, `accesses` about all of them.
    """

    status: str
    version: str
    mode: Mode
    auth: Login
    accesses: list[AccessReport]
    cli: Cli
    sessions: dict[str, int]
    waiting: int
    memory_mb: int
    ledger: str


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
    """What is known of the limits of an access; `representative` names the window that decided.

    `others` are those of the other accesses.
    """

    access: str
    as_of: int | None
    status: str | None
    representative: str | None
    windows: list[Window]
    extra_usage: ExtraUsageReport
    refusing: list[Refusing]
    others: list["LimitsReport"] = []


class ServerReport(HealthReport, frozen=True, kw_only=True):
    """How the server is, and since when it runs."""

    started_at: int


class Tokens(Struct, frozen=True, kw_only=True):
    """Tokens of each kind. New input, what the cache had and what went into it are three kinds."""

    input_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int
    output_tokens: int


class Totals(Tokens, frozen=True, kw_only=True):
    """What was counted since the server started. `refused` are requests that came to no exchange."""

    exchanges: int
    failed: int
    refused: int


class ErrorDetails(Struct, frozen=True, kw_only=True):
    """An error: `type` is the API's word, `plain` says what happened and what to do, `message` is its own."""

    status: int
    type: str
    plain: str
    message: str


class ExchangeReport(Struct, frozen=True, kw_only=True):
    """An exchange that runs or is over.

    `conversation` is a number that tells conversations apart. `seconds` is null while it runs.
    `client_session` and `client_agent` are there if the client names them in a header. `question` and
    `answer`, both shortened, are there only if CLAUDE_PROXY_SHOW_CONTENT asks for them.
    """

    request_id: str
    conversation: int
    session: int | None
    state: str
    way: str | None
    reason: str | None
    access: str
    model: str
    mode: Mode
    messages: int
    began_at: float
    seconds: float | None
    first_event_ms: float | None
    phases_ms: dict[str, float]
    stop_reason: str | None
    usage: Tokens
    cache_note: str | None
    error: ErrorDetails | None
    client_session: str | UnsetType = UNSET
    client_agent: str | UnsetType = UNSET
    question: str | UnsetType = UNSET
    answer: str | UnsetType = UNSET


class ErrorReport(ErrorDetails, frozen=True, kw_only=True):
    """A request that failed. `count`: how many failed in the same words; the rest is of the newest."""

    at: int
    request_id: str
    conversation: int | None
    count: int


class ProcessReport(Struct, frozen=True, kw_only=True):
    """A live process: since when it is in its state, and which conversation it served last."""

    session: int
    pid: int | None
    state: str
    since: int
    memory_mb: int
    access: str
    model: str
    conversation: int | None


class ActivityReport(Struct, frozen=True, kw_only=True):
    """What happens at the moment, and what happened lately; of each list the newest is first."""

    at: float
    server: ServerReport
    shows_content: bool
    totals: Totals
    today: Sums
    limits: LimitsReport
    exchanges: list[ExchangeReport]
    errors: list[ErrorReport]
    processes: list[ProcessReport]


class StepReport(TokensByPrice, frozen=True, kw_only=True):
    """An exchange as the ledger keeps it. `cause`: why the prompt cache did not serve `missed` tokens."""

    at: float
    model: str
    client: str
    conversation: str
    way: str
    reason: str
    outcome: str
    status: int
    cause: str
    missed: int
    messages: int
    first_event_ms: float | None
    seconds: float


class StepsReport(Struct, frozen=True, kw_only=True):
    """The exchanges of one conversation, the oldest first."""

    steps: list[StepReport]


class DayReport(Struct, frozen=True, kw_only=True):
    """A day on which something was asked, by model."""

    day: str
    models: list[Sums]


class WindowPace(Struct, frozen=True, kw_only=True):
    """When a plan's window is used up at the pace of the last hours; null if it is reset before that."""

    access: str
    window: str
    used_up_at: float | None


class UsageReport(Struct, frozen=True, kw_only=True):
    """What the ledger has of some days, from `first` to `last`.

    Costs are in dollars, by the API's prices. A plan is not charged so: there it would have cost this. Of
    `conversations` and of the `slowest` steps there are only some.
    """

    first: str
    last: str
    prices_as_of: str
    prices_source: str
    total: Sums
    days: list[DayReport]
    models: list[Sums]
    clients: list[Sums]
    ways: list[Sums]
    causes: list[Sums]
    conversations: list[Sums]
    slowest: list[StepReport]
    paces: list[WindowPace]


def report_response(report: Struct, headers: Mapping[str, str] | None = None) -> Response:
    body = to_json(msgspec.to_builtins(report))  # msgspec writes no half of a surrogate pair
    return Response(body, headers=headers, media_type="application/json")
