"""Reads the activity of a server over HTTP, as the page does."""

from collections.abc import Iterator, Sequence

import httpx
import msgspec
import orjson

from towpath.core.to_json import Json
from towpath.server.reports import ActivityReport

# The server says something every 15 s at least (CLAUDE_PROXY_PING_SECONDS).
_TIMEOUT = httpx.Timeout(5.0, read=60.0)


class NoActivityError(Exception):
    """The server does not tell; the text is a sentence for a person."""


def snapshots(url: str, keys: Sequence[str]) -> Iterator[ActivityReport]:
    """Snapshots as they come, the first one at once; ends when the server does.

    Raises NoActivityError where trying again is of no use, and httpx.HTTPError where it may be.
    """
    headers = {"x-api-key": keys[0]} if keys else {}
    # Without trust_env a proxy of the user's would be asked for an address of this machine.
    with (
        httpx.Client(base_url=url, timeout=_TIMEOUT, trust_env=False, headers=headers) as client,
        client.stream("GET", "/v1/activity/stream") as stream,
    ):
        if stream.status_code == 401:
            if keys:
                raise NoActivityError(f"The server at {url} does not take the key in CLAUDE_PROXY_API_KEY.")
            raise NoActivityError(f"The server at {url} asks for a key: set CLAUDE_PROXY_API_KEY to one.")
        if not stream.headers.get("content-type", "").startswith("text/event-stream"):
            raise NoActivityError(f"The server at {url} is not a Towpath.")
        for line in stream.iter_lines():
            if line.startswith("data: ") and (said := orjson.loads(line[6:]))["type"] == "activity":
                yield _report(said, url)


def _report(said: Json, url: str) -> ActivityReport:
    try:
        return msgspec.convert(said, ActivityReport)
    except msgspec.ValidationError as error:
        raise NoActivityError(
            f"The server at {url} is another version of Towpath: use that version's `towpath top`."
        ) from error
