"""The one check that costs something: a request for one token, all the way and back."""

import asyncio
import time
from typing import Any

import httpx

from towpath.cli.doctor.findings import Finding, ok, problem
from towpath.server.app import create_app
from towpath.settings import Settings

_MODEL = "haiku"  # the cheapest
_REMEDIES = {
    401: "the message says how to log in; `towpath doctor` names the command too",
    402: "see to the account's billing",
    403: "the account may not do this: see its plan and its models",
    429: "the account's limit is reached: wait, then try again",
    529: "the API is overloaded: try again in some minutes",
}


def upstream(settings: Settings) -> Finding:
    """Ask the model for one token, through a proxy of the check's own that listens nowhere."""
    began = time.monotonic()
    status, body = asyncio.run(_asked(settings))
    return judge_answer(status, body, time.monotonic() - began)


def judge_answer(status: int, body: dict[str, Any], seconds: float) -> Finding:
    """``body``: a message of the Messages API, or its error object."""
    if status == 200:
        return ok(f"{body.get('model', _MODEL)} answered after {seconds:.1f} s")
    error = body.get("error", {})
    return problem(
        f"{status} {error.get('type', 'error')}: {error.get('message', 'no message')}",
        _REMEDIES.get(status, "the message is the upstream's; see the README's Troubleshooting"),
    )


async def _asked(settings: Settings) -> tuple[int, dict[str, Any]]:
    app = create_app(settings.model_copy(update={"spares": 0}))
    key = settings.api_key.get_secret_value() if settings.api_key else "dummy"
    # The host that the proxy expects of its callers.
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1",
        headers={"x-api-key": key},
        timeout=None,  # noqa: S113 - the app has its own limits
    )
    async with app.router.lifespan_context(app), client:
        request = {
            "model": _MODEL,
            "max_tokens": 1,
            "messages": [{"role": "user", "content": "Say: yes"}],
        }
        response = await client.post("/v1/messages", json=request)
        return response.status_code, response.json()
