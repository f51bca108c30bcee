"""Writes exchanges into files, each as one that can be played again: for bug reports.

Of the headers only those are kept that matter to what happens; keys are never among them.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson
import structlog

from towpath import __version__
from towpath.agent.private_files import write_private
from towpath.core.errors import ApiError
from towpath.core.events import Event
from towpath.core.redact import Redactor
from towpath.core.to_json import to_json
from towpath.server.exchange.events import Began, Ended, FirstEvent, Streamed
from towpath.settings import Settings

log = structlog.get_logger(__name__)

FORMAT = "towpath-exchange-1"

_HEADERS = ("anthropic-version", "anthropic-beta", "content-type", "user-agent", "x-towpath-mode")


@dataclass
class _Recording:
    """What was said in an exchange so far; events with the seconds since it began."""

    began: float
    request_headers: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    events: list[tuple[float, Event]] = field(default_factory=list)


class Recorder:
    """Writes into ``folder``, without content unless ``with_content``. The files are the user's alone.

    They are written on threads, after the exchange: taking the content out of a long one takes a while.
    """

    def __init__(self, folder: Path, *, with_content: bool) -> None:
        self._folder = folder
        self._with_content = with_content
        self._running: dict[str, _Recording] = {}
        self._writing: set[asyncio.Task[None]] = set()

    @classmethod
    def wanted(cls, settings: Settings) -> Self | None:
        """One if the settings ask for recordings."""
        return cls(settings.record, with_content=settings.record_content) if settings.record else None

    def began(self, event: Began) -> None:
        """The request."""
        kept = {name: event.headers[name] for name in _HEADERS if name in event.headers}
        self._running[event.exchange.request_id] = _Recording(event.exchange.began, kept, event.body)

    def first_event(self, event: FirstEvent) -> None:
        """The headers of the answer."""
        self._running[event.exchange.request_id].headers = event.headers

    def streamed(self, event: Streamed) -> None:
        """One event of the answer."""
        recording = self._running[event.request_id]
        recording.events.append((round(time.monotonic() - recording.began, 4), event.event))

    def ended(self, event: Ended) -> None:
        """The file is due."""
        request_id, error = event.exchange.request_id, event.exchange.error
        writing = asyncio.create_task(self._write(request_id, self._running.pop(request_id), error))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait for the files that are due."""
        await asyncio.gather(*self._writing)

    async def _write(self, request_id: str, recording: _Recording, error: ApiError | None) -> None:
        path = self._folder / f"{request_id}.json"
        try:
            await asyncio.to_thread(self._write_file, path, recording, error)
        except OSError as cause:
            log.warning("the exchange could not be recorded", path=str(path), error=str(cause))
        except Exception:
            log.exception("the exchange could not be recorded", path=str(path))

    def _write_file(self, path: Path, recording: _Recording, failed: ApiError | None) -> None:
        redacted = _unchanged if self._with_content else Redactor(os.urandom(16)).redacted
        error = {"status": failed.status, "type": failed.type, "message": failed.message} if failed else None
        document = {
            "format": FORMAT,
            "towpath": __version__,
            "has_content": self._with_content,
            "request": {"headers": recording.request_headers, "body": redacted(orjson.loads(recording.body))},
            "answer": {
                "headers": recording.headers,
                "events": [[seconds, redacted(event)] for seconds, event in recording.events],
                "error": redacted(error),
            },
        }
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        write_private(unfinished, to_json(document, indented=True))
        unfinished.replace(path)


def _unchanged(value: Any) -> Any:
    return value
