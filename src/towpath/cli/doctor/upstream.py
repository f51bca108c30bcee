"""The one check that costs something: a request for one token, all the way and back.

Before it the upstream is asked without a key whether it sends requests elsewhere. The CLI would follow to any
address, with the key and the conversation (docs/engine.md, N8).
"""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

import httpx

from towpath.cli.doctor.addresses import shown
from towpath.cli.doctor.findings import Finding, ok, problem, warning
from towpath.core.accesses import DEFAULT, HEADER
from towpath.core.errors import ApiError
from towpath.core.explanations import explanation_of
from towpath.server.app import create_app
from towpath.server.upstream.accesses import accesses_of
from towpath.settings import Settings

_MODEL = "haiku"  # the cheapest
_REDIRECT_SECONDS = 10
_LIMIT = "anthropic-ratelimit-unified"


def upstream(settings: Settings, access: str = DEFAULT) -> Finding:
    """Ask the model of an access for one token, through a proxy of the check's own that listens nowhere."""
    address = accesses_of(settings, os.environ)[access].environment.get("ANTHROPIC_BASE_URL")
    if address and (elsewhere := redirect_of(address)):
        return judge_redirect(address, elsewhere)
    began = time.monotonic()
    status, body, headers = asyncio.run(_asked(settings, access))
    return judge_answer(status, body, headers, time.monotonic() - began)


def judge_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str], seconds: float) -> Finding:
    """``body``: a message of the Messages API, or its error object. ``headers``: names in lower case."""
    if status == 200:
        return ok(f"{body.get('model', _MODEL)} answered after {seconds:.1f} s")
    said = body.get("error", {})
    is_used_up = headers.get(f"{_LIMIT}-status") == "rejected"
    window = headers.get(f"{_LIMIT}-representative-claim") if is_used_up else None
    error = ApiError(status, said.get("message", "no message"), said.get("type", ""), window=window)
    return problem(str(error), str(explanation_of(error)))


def redirect_of(base_url: str) -> str | None:
    """Where an upstream sends requests on to, if that is another origin than its own. It gets no key."""
    try:
        response = httpx.post(f"{base_url.rstrip('/')}/v1/messages", timeout=_REDIRECT_SECONDS)
        following = response.next_request
    except (httpx.HTTPError, httpx.InvalidURL):
        return None  # what is wrong with it is seen when the model is asked
    if following is None or _origin(following.url) == _origin(response.request.url):
        return None
    return str(following.url)


def judge_redirect(base_url: str, elsewhere: str) -> Finding:
    """``elsewhere``: where the upstream sends requests on to."""
    return warning(
        f"the model was not asked: {shown(base_url)} sends requests on to {shown(elsewhere)}, and the CLI "
        "would follow with the key and the conversation",
        "if both are yours, set CLAUDE_PROXY_UPSTREAM_BASE_URL to the address that answers; "
        "otherwise, do not use this upstream",
    )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _asked(settings: Settings, access: str) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    app = create_app(settings.model_copy(update={"spares": 0}))
    key = settings.keys[0] if settings.keys else "dummy"
    # The host that the proxy expects of its callers.
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        headers={"x-api-key": key, HEADER: access},
        timeout=None,  # noqa: S113 - the app has its own limits
    )
    async with app.router.lifespan_context(app), client:
        request = {
            "model": _MODEL,
            "max_tokens": 1,
            "messages": [{"role": "user", "content": "Say: yes"}],
        }
        response = await client.post("/v1/messages", json=request)
        return response.status_code, response.json(), response.headers
