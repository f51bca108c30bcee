"""The upstream whose key or address the operator gave to the proxy, for what the Agent SDK cannot do.

It gets the operator's own key, or none if a gateway needs none. The login belongs to the CLI and is not known
here. The key that a client sent is not passed on.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import structlog

from towpath import __version__
from towpath.agent.environment import Upstream
from towpath.core.errors import ApiError
from towpath.server.upstream.answer import check_head

log = structlog.get_logger(__name__)

_API = "https://api.anthropic.com"
_VERSION = "2023-06-01"  # what the CLI sends; for clients that name none
# The upstream gets these of a client's headers.
_HANDED_ON = (
    *("anthropic-version", "anthropic-beta", "content-type", "content-length"),
    *("content-encoding", "accept", "accept-encoding"),
    *("range", "if-range", "if-match", "if-none-match", "idempotency-key"),
)
# The SDKs' own limit for a silent connection is 600 s; a count takes less than one.
_TIMEOUT = httpx.Timeout(300, connect=10, write=60, pool=30)
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


class UpstreamApi:
    """Sends requests there. ``base_url`` is without ``/v1``, as for the CLI; by default the API's own.

    ``mark`` is the server's own in Via, ``added`` are headers that the operator wants in each request.
    """

    def __init__(
        self, base_url: str | None, api_key: str | None, mark: str, added: Mapping[str, str] | None = None
    ) -> None:
        self._mark = mark
        self._base_url = (base_url or _API).rstrip("/")
        self._added = added or {}
        self._key = {"x-api-key": api_key} if api_key else {}
        self._client: httpx.AsyncClient | None = None
        self._has_warned = False

    @asynccontextmanager
    async def answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: AsyncIterator[bytes] | bytes | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """The answer, of which the body has not been read; leaving the block ends the request.

        ``path`` may have a query. Raises ApiError, 502 or 504, if there is no answer, or not all of it, or if
        its head cannot be handed back.
        """
        if self._client is None:  # its certificates take 20 ms to read
            # A cookie would tie the requests of all clients together.
            no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, cookies=no_cookies)
        sent = {name: headers[name] for name in _HANDED_ON if name in headers}
        # If the client names none: httpx would name encodings that the client may not know.
        fixed = {"anthropic-version": _VERSION, "accept-encoding": "identity"}
        via = ", ".join(filter(None, (headers.get("via"), self._mark)))
        own = {"user-agent": f"towpath/{__version__}", "via": via, **self._added, **self._key}
        try:
            async with self._client.stream(
                method, self._base_url + path, headers={**fixed, **sent, **own}, content=content
            ) as response:
                self._warn_of_redirect(response)
                check_head(response)
                yield response
        except httpx.PoolTimeout as error:
            sentence = "100 requests to the upstream are running; try again later"
            raise ApiError(529, sentence, headers={"retry-after": "5"}) from error
        except httpx.TimeoutException as error:
            raise ApiError(504, f"the upstream took too long ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            sentence = f"the upstream cannot be reached, or broke off: {type(error).__name__}: {error}"
            raise ApiError(502, sentence) from error

    async def close(self) -> None:
        """Close its connections."""
        if self._client:
            await self._client.aclose()

    def _warn_of_redirect(self, response: httpx.Response) -> None:
        """Once: the next answers will not differ."""
        if response.next_request is None or self._has_warned:
            return
        self._has_warned = True
        place = response.next_request.url  # a query can have secrets
        log.warning(
            "the upstream sends requests on, and the CLI would follow with the key and the conversation; set "
            "CLAUDE_PROXY_UPSTREAM_BASE_URL to the address that answers",
            status=response.status_code,
            to=f"{place.scheme}://{place.netloc.decode()}",
        )


def asked_with(upstream: Upstream, mark: str) -> UpstreamApi | None:
    """How to ask there, if the operator gave an address or a key for it; ``mark`` is the server's in Via."""
    if not upstream.base_url and not upstream.api_key:
        return None
    return UpstreamApi(upstream.base_url, upstream.api_key, mark, upstream.headers)
