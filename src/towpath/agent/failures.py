"""How a turn failed, as an error of the API.

With ``cloud_failures`` the only place that reads the CLI's sentences. The status is a field of its own; the
type, the request id and, for some errors, the API's whole answer are in a note that the CLI writes into its
session file.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import orjson
from claude_agent_sdk import AssistantMessage, CLINotFoundError, ResultMessage

from towpath.agent.bundled_cli import cli_path
from towpath.agent.cloud_failures import cloud_failure
from towpath.core.account_limits import Verdict
from towpath.core.errors import ApiError, ProcessDied

# "API Error: 400 messages.0: bad" | "API Error: Request rejected (429) · Too many" | "API Error (id): 404 …"
# | "API Error: Server is temporarily limiting requests (not your usage limit) · Too many"
_PREFIX = re.compile(
    r"^(?:Failed to authenticate\. )?API Error(?: \([^()]*\))?: "
    r"(?:\d{3} |Request rejected \(\d{3}\) · |Server is temporarily limiting requests \([^)]*\) · )?"
)
# "… Overloaded. This is a server-side issue, usually temporary — try again in a moment. If it persists, …"
# "… is invalid.. Try switching to another model." The stop before it is the CLI's.
_ADVICE = re.compile(
    r"\.(?: (?:This is a server-side issue, usually temporary|Try switching to ).*|(?<=\.\.))$", re.DOTALL
)
_STATUS_OF: Mapping[str, int] = {
    "authentication_failed": 401,
    "billing_error": 402,
    "invalid_request": 400,
    "rate_limit": 429,
}
# What providers say with another status than the API: Bedrock has a 400 for a model that it does not know,
# and for one that took too long a 408, which is HTTP's for a request that did.
_MODEL_NOT_FOUND = "model_not_found"
_MEANT: Mapping[int, int] = {408: 504}
# Without a status, what the CLI says where it could not read the answer, or had none: its own words for what
# went wrong in it, down to sentences of its JavaScript (docs/engine.md, E11).
_UNREAD = frozenset({"unknown", "server_error"})
_BROKE_OFF = "error_during_execution"
_ERROR_STATUSES = range(400, 600)  # a gateway may say any number, and the CLI repeats it
_NOT_LOGGED_IN = (
    "Claude is not logged in on this machine. Log in with the official CLI (`claude auth login`, bundled "
    "here: `{cli} auth login`), or set CLAUDE_PROXY_UPSTREAM_API_KEY to an API key."
)


def not_logged_in() -> str:
    """What to do where the CLI has neither a login nor a key nor a provider."""
    return _NOT_LOGGED_IN.format(cli=cli_path())


@contextlib.contextmanager
def as_process_died(what: str) -> Iterator[None]:
    """Calls of the SDK: whatever they raise becomes ProcessDied, "``what``: its first line".

    The SDK's errors have no common base: for a control request that fails, or is not answered in time, it
    raises a bare Exception.
    """
    try:
        yield
    except ProcessDied:
        raise
    except CLINotFoundError as error:
        raise ProcessDied(f"the Claude CLI is not at {cli_path()}; install Towpath again") from error
    except Exception as error:
        first_line = str(error).partition("\n")[0]  # below it the SDK gives advice
        raise ProcessDied(f"{what}: {first_line or type(error).__name__}") from error


@contextlib.asynccontextmanager
async def done_within(seconds: float, what: str) -> AsyncIterator[None]:
    """The same, and ProcessDied as well if the time is over, "``what`` within 60 s"."""
    try:
        async with asyncio.timeout(seconds):
            with as_process_died(what):
                yield
    except TimeoutError:
        raise ProcessDied(f"{what} within {seconds:g} s") from None


def api_error(
    result: ResultMessage,
    said: AssistantMessage | None,
    note: Mapping[str, Any],
    limits: Verdict | None,
    *,
    now: float,
) -> ApiError:
    """The error that ended a turn. ``now`` is Unix time in seconds, for Retry-After."""
    if not result.is_error:  # a 404 whose second attempt, without streaming, succeeded (docs/engine.md, E3)
        return ApiError(500, "the Claude CLI got an answer that it did not stream; ask again")
    status, message = _status_and_sentence(result, (said.error if said else None) or "", note)
    if status not in _ERROR_STATUSES:
        message = f"the upstream answered with the status {status}, which is no error's: {message}"
        status = 502
    return ApiError(
        status,
        message or "the Claude CLI ended the turn without an answer",
        type=str(note.get("apiErrorType") or ""),
        headers=_retry_after(limits, now) if status == 429 else {},
        request_id=_id_in(note),
        window=limits.window if status == 429 and limits and limits.status == "rejected" else None,
    )


def _status_and_sentence(result: ResultMessage, kind: str, note: Mapping[str, Any]) -> tuple[int, str]:
    """``kind``: what the CLI calls the error."""
    if of_cloud := cloud_failure(result.result or ""):
        return of_cloud
    status, message = result.api_error_status, _api_message(note) or _own_sentence(result)
    if kind == _MODEL_NOT_FOUND:
        return 404, message
    if status:
        return _MEANT.get(status, status), message
    if kind == "authentication_failed":
        message = not_logged_in()
    if kind in _UNREAD and not _is_of_api(note):
        return 502, f"the upstream did not answer as the API does: {message}"
    return _STATUS_OF.get(kind, 500), message


def _is_of_api(note: Mapping[str, Any]) -> bool:
    return bool(note.get("apiErrorType") or _api_message(note))


def _api_message(note: Mapping[str, Any]) -> str:
    """The API's own sentence out of ``errorDetails``: ``400 {"type":"error","error":{"message":…}}``."""
    _, brace, rest = str(note.get("errorDetails", "")).partition("{")
    try:
        return str(orjson.loads(brace + rest)["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _id_in(note: Mapping[str, Any]) -> str | None:
    """The upstream's own id of the request, if a header can have it."""
    given = str(note.get("requestId") or "")
    return given if given and given.isascii() and given.isprintable() else None


def _own_sentence(result: ResultMessage) -> str:
    if result.subtype == _BROKE_OFF:  # it has a line for its developers
        return "the answer broke off: the Claude CLI ended its turn. Ask again"
    text = result.result or "; ".join(result.errors or [])
    return _ADVICE.sub("", _PREFIX.sub("", text)).strip()


def _retry_after(limits: Verdict | None, now: float) -> dict[str, str]:
    if limits is None or limits.resets_at is None:
        return {}
    return {"retry-after": str(max(1, round(limits.resets_at - now)))}
