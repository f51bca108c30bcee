"""Writes exchanges into files, each as one that can be played again: for bug reports.

Of the headers only those are kept that matter to what happens; keys are never among them.
"""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers

from towpath import __version__
from towpath.core.errors import ApiError
from towpath.core.redact import Redactor
from towpath.core.to_json import to_json
from towpath.server.http.streaming import Items

log = structlog.get_logger(__name__)

FORMAT = "towpath-exchange-1"
Seen = Sequence[tuple[float, Mapping[str, Any]]]
"""Items with the seconds since the exchange began."""

_HEADERS = ("anthropic-version", "anthropic-beta", "content-type", "user-agent", "x-towpath-mode")


class Recorder:
    """Writes into ``folder``, without content unless ``with_content``. The files are the user's alone."""

    def __init__(self, folder: Path, *, with_content: bool) -> None:
        self._folder = folder
        self._with_content = with_content

    async def recorded(self, items: Items, request_id: str, headers: Headers, body: bytes) -> Items:
        """The same items; behind the last one, or the error, stands the file of the exchange."""
        began, seen, failed = time.monotonic(), [], None
        try:
            async with aclosing(items):
                async for item in items:
                    seen.append((round(time.monotonic() - began, 4), item))
                    yield item
        except ApiError as error:
            failed = error
            raise
        finally:
            path = self._folder / f"{request_id}.json"
            try:
                await asyncio.to_thread(self._write, path, headers, body, seen, failed)
            except OSError as cause:
                log.warning("the exchange could not be recorded", path=str(path), error=str(cause))
            except Exception:  # whatever it is, the exchange is not harmed
                log.exception("the exchange could not be recorded", path=str(path))

    def _write(self, path: Path, headers: Headers, body: bytes, seen: Seen, failed: ApiError | None) -> None:
        redacted = _unchanged if self._with_content else Redactor(os.urandom(16)).redacted
        error = {"status": failed.status, "type": failed.type, "message": failed.message} if failed else None
        document = {
            "format": FORMAT,
            "towpath": __version__,
            "has_content": self._with_content,
            "request": {
                "headers": {name: headers[name] for name in _HEADERS if name in headers},
                "body": redacted(orjson.loads(body)),
            },
            "answer": {
                "headers": seen[0][1] if seen else {},
                "events": [[seconds, redacted(event)] for seconds, event in seen[1:]],
                "error": redacted(error),
            },
        }
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(to_json(document, indented=True))


def _unchanged(value: Any) -> Any:
    return value
