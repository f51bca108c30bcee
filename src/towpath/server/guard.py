"""Who may call: not a web page that the user happens to visit, and nobody without the key.

A browser lets any page send requests to a loopback port. It cannot forge Host and Origin, nor send JSON
to a server that does not allow it by CORS; so both headers are checked and JSON is required, or, for
files, another header that it cannot send. Nothing here reads a body.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from towpath.core.errors import ApiError
from towpath.server.errors import error_response, new_request_id
from towpath.server.exchange.events import CallerRejected, Publish, Refused
from towpath.server.loopback import is_loopback

PAGE_FILES = "/page/"
HELLO = "/api/hello"  # where Claude Code asks, without a key, whether the server is up
# They hold no data; /health says only "ok" to a caller without the key.
_NEED_NO_KEY = frozenset({"/", "/health", HELLO})
_UPLOAD = re.compile(r"(/v1){0,2}/files")
_CANCELLATION = re.compile(r"(/v1){0,2}/messages/batches/[^/]+/cancel")


@dataclass(frozen=True)
class Rules:
    """Who may call. ``hosts`` are names of this server besides loopback ones and ``host``, the bound address;
    ``origins`` are pages that may call it (``https://chat.example``); without ``keys`` none is needed."""

    host: str
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    keys: Sequence[str] = ()


class Guard:
    """Middleware that refuses a request before it reaches a route, and publishes that it did.

    What it learned is in the request's state: ``caller``, a digest of the key, and ``has_key``.
    """

    def __init__(self, app: ASGIApp, rules: Rules, publish: Publish) -> None:
        self._app = app
        self._rules = rules
        self._publish = publish
        self._names = {name.lower() for name in (rules.host, *rules.hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            key = _key_in(headers, self._rules.keys)
            try:
                self._check(scope["method"], scope["path"], headers, has_key=key is not None)
            except ApiError as error:
                request_id = new_request_id()
                is_about_caller = error.status in (401, 403)
                self._publish(
                    CallerRejected(request_id, scope["path"], error)
                    if is_about_caller
                    else Refused(request_id, error)
                )
                await error_response(error, request_id)(scope, receive, send)
                return
            scope.setdefault("state", {}).update(caller=caller_of(key), has_key=key is not None)
        await self._app(scope, receive, send)

    def _check(self, method: str, path: str, headers: Headers, *, has_key: bool) -> None:
        own_name = _hostname(f"//{headers.get('host', '')}")
        if not is_loopback(own_name) and own_name not in self._names:
            raise ApiError(403, "Host: not a name of this server; add it with CLAUDE_PROXY_ALLOWED_HOSTS")
        origin = headers.get("origin")
        if origin is not None and not self._may_call(origin, headers.get("host", "")):
            raise ApiError(
                403, "Origin: pages of this site may not call; allow them with CLAUDE_PROXY_ALLOWED_ORIGINS"
            )
        if method == "POST":
            _check_kind(path, headers)
        # A browser's preflight comes without the key.
        is_open = path in _NEED_NO_KEY or path.startswith(PAGE_FILES)
        is_open = is_open or (method == "OPTIONS" and origin is not None)
        if not has_key and not is_open:
            raise ApiError(401, "x-api-key: this server needs a key that CLAUDE_PROXY_API_KEY sets")

    def _may_call(self, origin: str, host: str) -> bool:
        """Whether the page is this server's own, or of a named origin. Another port is another origin."""
        own = origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())
        return own or origin.lower().rstrip("/") in self._rules.origins


def caller_of(api_key: str | None) -> str:
    """A digest of the key that let a caller in, so that callers with different keys share no session.

    If the server has no key of its own, what clients send as one is a dummy and tells nobody apart.
    """
    return blake2b(api_key.encode(), digest_size=8).hexdigest() if api_key else ""


def _key_in(headers: Headers, keys: Sequence[str]) -> str | None:
    """Which of the keys was sent; an empty one where none is needed. It compares all, so that the time it
    takes says nothing."""
    if not keys:
        return ""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    sent = (headers.get("x-api-key", ""), bearer if scheme.lower() == "bearer" else "")
    found = [key for key in keys for one in sent if hmac.compare_digest(one.encode(), key.encode())]
    return found[0] if found else None


def _check_kind(path: str, headers: Headers) -> None:
    """Accept only what a page cannot post without a preflight: JSON.

    A file comes as a form, which any page can post, and a cancellation may have no body at all. These must
    name the API's version instead, as its clients do: that header needs a preflight as well.
    """
    kind, says_version = _media_type(headers), "anthropic-version" in headers
    if kind == "application/json":
        return
    if _UPLOAD.fullmatch(path):
        if kind != "multipart/form-data":
            raise ApiError(400, "Content-Type: must be multipart/form-data")
        if not says_version:
            raise ApiError(400, "anthropic-version: a file needs this header")
    elif not (_CANCELLATION.fullmatch(path) and not kind and says_version):
        raise ApiError(400, "Content-Type: must be application/json")


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _hostname(url: str) -> str:
    """The host of a URL in one spelling; empty if it has none or is not a URL."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
