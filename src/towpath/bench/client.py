"""A target, and one request to it with a clock beside it.

It must not know what is asked or why: it sends a body, and says when the answer began and what it was.
"""

import re
from dataclasses import dataclass
from time import perf_counter

import httpx
import orjson
import psutil

from towpath.bench.stream import EventReader, MessageFold
from towpath.testing.script import Json

_TIMEOUT_SECONDS = 180
# Below the five seconds after which uvicorn closes: who reuses a connection must not meet its end.
_KEPT_SECONDS = 3
_QUOTED_CHARS = 300
_PHASE = re.compile(r"([\w-]+)[^,]*?;dur=([\d.]+)")


class ExchangeError(Exception):
    """An answer that was not a 200, or no whole message; the text says what came."""


@dataclass(frozen=True)
class Answer:
    """What came, and when, on the clock of ``perf_counter``. Pings are no events.

    ``phases``: what the target says of its time, in ms, by name (the header Server-Timing).
    """

    content: list[Json]
    way: str | None
    phases: dict[str, float]
    events: int
    sent: float
    first_event: float
    last_event: float


class Target:
    """A place that speaks the Messages API. ``process``: the proxy's own, where the bench started it."""

    def __init__(self, name: str, base_url: str, process: psutil.Process | None = None) -> None:
        self.name = name
        self.process = process
        self.requests = 0
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=_TIMEOUT_SECONDS,
            limits=httpx.Limits(keepalive_expiry=_KEPT_SECONDS),
            trust_env=False,  # a proxy of the network's would stand between
            headers={
                "content-type": "application/json",
                "accept-encoding": "identity",
                "anthropic-version": "2023-06-01",
                "x-api-key": "dummy",
            },
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def figure(self, name: str) -> float:
        """A figure without labels from its GET /metrics; 0 if it says none."""
        try:
            text = (await self._http.get("/metrics")).text
        except httpx.HTTPError:
            return 0.0
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    async def ask(self, body: Json) -> Answer:
        """Send a request that streams, and read the answer to its end.

        Raises:
            ExchangeError: it was none.
        """
        content = orjson.dumps(body)
        self.requests += 1
        try:
            return await self._exchange(content)
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            raise ExchangeError(f"{type(error).__name__}: {error}") from error

    async def abandon(self, body: Json, events: int) -> None:
        """Send a request that streams, and leave after that many events, or at its end.

        Raises:
            ExchangeError: there was no stream.
        """
        reader, count = EventReader(), 0
        self.requests += 1
        try:
            async with self._http.stream("POST", "/v1/messages", content=orjson.dumps(body)) as response:
                if response.status_code != 200:
                    raise ExchangeError(f"{response.status_code}: {(await response.aread()).decode()}")
                async for part in response.aiter_raw():
                    count += len(reader.feed(part))
                    if count >= events:
                        return
        except (httpx.HTTPError, ValueError) as error:
            raise ExchangeError(f"{type(error).__name__}: {error}") from error

    async def _exchange(self, content: bytes) -> Answer:
        reader, message = EventReader(), MessageFold()
        times: list[float] = []
        sent = perf_counter()
        async with self._http.stream("POST", "/v1/messages", content=content) as response:
            if response.status_code != 200:
                text = (await response.aread()).decode(errors="replace")
                raise ExchangeError(f"{response.status_code}: {text[:_QUOTED_CHARS]}")
            async for part in response.aiter_raw():
                now = perf_counter()
                for event in reader.feed(part):
                    if event["type"] == "ping":
                        continue
                    if event["type"] == "error":
                        raise ExchangeError(f"error event: {event['error']}")
                    times.append(now)
                    message.add(event)
        if not message.is_complete:
            raise ExchangeError("the stream ended without message_stop")
        way = response.headers.get("x-towpath-way")
        phases = phases_of(response.headers.get("server-timing", ""))
        return Answer(message.content(), way, phases, len(times), sent, times[0], times[-1])


def phases_of(server_timing: str) -> dict[str, float]:
    """The durations in such a header."""
    return {name: float(duration) for name, duration in _PHASE.findall(server_timing)}
