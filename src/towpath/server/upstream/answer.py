"""What the operator's upstream answered: which parts are handed back to a client, and in which form."""

import asyncio
import re

import httpx

from towpath.core.errors import ApiError
from towpath.core.reading.content_coding import codings_in, decoded

# These headers concern the answer, not the connection.
_HANDED_BACK = frozenset(
    {
        *("request-id", "retry-after", "retry-after-ms", "x-should-retry", "content-type", "content-length"),
        *("content-encoding", "content-disposition", "content-range", "accept-ranges", "etag"),
        *("last-modified", "cache-control"),
    }
)
_HANDED_BACK_KIND = "anthropic-ratelimit-"
_STATUSES = range(200, 600)
_WITHOUT_BODY = (204, 304)
_VISIBLE = re.compile(rb"[\t\x20-\x7e]*")
# Anything but JSON could be a page, and a page on this server's own origin could call this server.
_SANDBOX = "sandbox; default-src 'none'"
# A page of a thousand batches has less than one million.
MAX_WHOLE_BYTES = 4 * 1024 * 1024


def check_head(response: httpx.Response) -> None:
    """Raises ApiError, 502, for a status or a header that HTTP does not know and no server can send.

    So too for a status with which the request is not answered.
    """
    status = response.status_code
    if status not in _STATUSES:
        raise ApiError(502, f"the upstream answered with the status {status}, which does not exist in HTTP")
    if not _is_final(response):
        sentence = f"the upstream answered with the status {status}, which has nothing of what was asked for"
        raise ApiError(502, sentence)
    for raw_name, value in response.headers.raw:
        name = raw_name.decode("latin-1").lower()
        if _is_handed_back(name) and not _VISIBLE.fullmatch(value):
            raise ApiError(502, f"the upstream's header {name} has characters that no header may have")


def handed_back(response: httpx.Response) -> dict[str, str]:
    """The headers of an answer that concern the client, so that no browser shows a body as a page."""
    headers = {name: value for name, value in response.headers.items() if _is_handed_back(name)}
    if response.status_code in _WITHOUT_BODY:
        headers.pop("content-length", None)  # the length of a body that is not sent
    if not is_json(response):
        _, semicolon, name = headers.get("content-disposition", "").partition(";")
        headers["content-disposition"] = f"attachment{semicolon}{name}"
        headers["content-security-policy"] = _SANDBOX
    return headers


def is_json(response: httpx.Response) -> bool:
    """Whether its content type says so."""
    kind: str = response.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "application/json"


async def whole_body(response: httpx.Response) -> bytes:
    """An answer's body without its codings. Raises ApiError, 502, if it is damaged or beyond the limit.

    httpx does not decode it: 64 KB that it has read may grow to any size.
    """
    parts, length = [], 0
    async for part in response.aiter_raw():
        parts.append(part)
        length += len(part)
        if length > MAX_WHOLE_BYTES:
            raise _too_large()
    try:
        codings = codings_in(response.headers.get_list("content-encoding"))
        body = b"".join(parts)
        if codings:
            body = await asyncio.to_thread(decoded, body, codings)
    except ApiError as error:
        unreadable = ApiError(502, f"the upstream's answer cannot be read: {error.message}")
        raise (_too_large() if error.status == 413 else unreadable) from error
    if len(body) > MAX_WHOLE_BYTES:
        raise _too_large()
    return body


def _is_final(response: httpx.Response) -> bool:
    """Whether it is an error, or has what was asked for. A redirect is not followed: the key stays here."""
    match response.status_code:
        case 304:
            return "if-none-match" in response.request.headers
        case 204 | 205:
            return response.request.method == "DELETE"
        case status:
            return not 300 <= status < 400


def _is_handed_back(name: str) -> bool:
    return name in _HANDED_BACK or name.startswith(_HANDED_BACK_KIND)


def _too_large() -> ApiError:
    return ApiError(502, f"the upstream's answer has more than {MAX_WHOLE_BYTES:,} bytes")
