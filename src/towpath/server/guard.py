"""Who may call: a web page that the user happens to visit must not, nor anybody without the key.

A browser lets any page send requests to a loopback port. It cannot forge Host and Origin, nor send JSON
to a server that does not allow it by CORS; so both headers are checked and JSON is required (design,
invariant 8). Nothing here reads a body.
"""

import hmac
import ipaddress
from hashlib import blake2b
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.server.errors import error_response

_LOCAL_NAMES = frozenset({"localhost"})


class Guard:
    """Middleware that refuses a request before it reaches a route."""

    def __init__(self, app: ASGIApp, *, host: str, api_key: str | None) -> None:
        self._app = app
        self._host = host.lower()
        self._api_key = api_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope["method"], scope["path"], Headers(scope=scope))
            except ApiError as error:
                await error_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        own_name = _hostname(f"//{headers.get('host', '')}")
        # On another address names are many, and the key keeps pages out: they cannot know it.
        if is_loopback(self._host) and not is_loopback(own_name) and own_name != self._host:
            raise ApiError(403, "Host: requests must be addressed to this machine (127.0.0.1 or localhost)")
        origin = headers.get("origin")
        if origin is not None and not self._is_own_page(_hostname(origin), own_name):
            raise ApiError(403, "Origin: pages of other sites may not call this server")
        if method == "POST" and _media_type(headers) != "application/json":
            raise ApiError(400, "Content-Type: must be application/json")
        if self._api_key and path != "/health" and not _has_key(headers, self._api_key):
            raise ApiError(401, "x-api-key: this server needs the key that CLAUDE_PROXY_API_KEY sets")

    def _is_own_page(self, origin: str, own_name: str) -> bool:
        return bool(origin) and (origin in (own_name, self._host) or is_loopback(origin))


def is_loopback(host: str) -> bool:
    """Whether an address or name can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def caller_of(api_key: str | None) -> str:
    """A digest of the key that let a caller in, so that callers with different keys share no session.

    Without a key of the server's own, what clients send as a key is a dummy and says nothing.
    """
    return blake2b(api_key.encode(), digest_size=8).hexdigest() if api_key else ""


def _has_key(headers: Headers, key: str) -> bool:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    sent = (headers.get("x-api-key", ""), bearer if scheme.lower() == "bearer" else "")
    return any(hmac.compare_digest(one.encode(), key.encode()) for one in sent)


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _hostname(url: str) -> str:
    """The host of a URL in one spelling; empty if there is none, or it is no URL."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
