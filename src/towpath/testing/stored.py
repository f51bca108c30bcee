"""What the scripted API keeps for its clients: files, and batches of requests that are answered at once.

It must not know what an answer says, or what was received for one (``api``).
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from towpath.testing.responses import failed, new_id, replied
from towpath.testing.script import Failure, Json, obey

_WHEN = "2026-01-01T00:00:00Z"
_FILENAME = re.compile(rb'filename="([^"]*)"')
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """A request for something that is kept, as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]


class Stored:
    """``asked`` has all requests so far; ``received_bytes`` is what has come of all uploads so far."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.received_bytes = 0
        self._batches: dict[str, Json] = {}
        self._results: dict[str, bytes] = {}
        self._files: dict[str, tuple[Json, bytes]] = {}

    def routes(self) -> list[Route]:
        """All of it."""
        batch, file = "/v1/messages/batches/{key}", "/v1/files/{key}"
        return [
            Route("/v1/messages/batches", self._add_batch, methods=["POST"]),
            Route("/v1/messages/batches", self._list, methods=["GET"]),
            Route(batch, self._one, methods=["GET"]),
            Route(batch, self._delete, methods=["DELETE"]),
            Route(f"{batch}/cancel", self._one, methods=["POST"]),
            Route(f"{batch}/results", self._lines, methods=["GET"]),
            Route("/v1/files", self._add_file, methods=["POST"]),
            Route("/v1/files", self._list, methods=["GET"]),
            Route(file, self._one, methods=["GET"]),
            Route(file, self._delete, methods=["DELETE"]),
            Route(f"{file}/content", self._content, methods=["GET"]),
        ]

    async def _add_batch(self, request: Request) -> Response:
        self._note(request)
        key, asked = new_id("msgbatch_"), json.loads(await request.body())["requests"]
        lines = [await _result(one) for one in asked]
        self._results[key] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        counts = dict.fromkeys(("canceled", "errored", "expired", "processing"), 0)
        self._batches[key] = {
            "id": key,
            "type": "message_batch",
            "processing_status": "ended",
            "request_counts": {**counts, "succeeded": len(lines)},
            **dict.fromkeys(("created_at", "ended_at", "expires_at"), _WHEN),
            **dict.fromkeys(("archived_at", "cancel_initiated_at")),
            "results_url": f"{request.base_url}v1/messages/batches/{key}/results",
        }
        return JSONResponse(self._batches[key])

    async def _add_file(self, request: Request) -> Response:
        self._note(request)
        parts: list[bytes] = []
        async for part in request.stream():
            self.received_bytes += len(part)
            parts.append(part)
        content, name = _file_in(b"".join(parts), request.headers["content-type"])
        key = new_id("file_")
        described = {"id": key, "type": "file", "filename": name, "size_bytes": len(content)}
        more = {"mime_type": "application/octet-stream", "created_at": _WHEN, "downloadable": True}
        self._files[key] = ({**described, **more}, content)
        return JSONResponse(self._files[key][0])

    async def _list(self, request: Request) -> Response:
        self._note(request)
        kept = list(self._kept(request).values())
        ends = {"first_id": kept[0]["id"], "last_id": kept[-1]["id"]} if kept else {}
        return JSONResponse({"data": kept, "has_more": False, "first_id": None, "last_id": None, **ends})

    async def _one(self, request: Request) -> Response:
        self._note(request)
        found = self._kept(request).get(request.path_params["key"])
        return JSONResponse(found) if found else _nothing(request)

    async def _delete(self, request: Request) -> Response:
        self._note(request)
        key = request.path_params["key"]
        found = self._kept(request).get(key)
        self._batches.pop(key, None)
        self._files.pop(key, None)
        return JSONResponse({"id": key, "type": f"{found['type']}_deleted"}) if found else _nothing(request)

    async def _lines(self, request: Request) -> Response:
        self._note(request)
        lines = self._results.get(request.path_params["key"])
        return _nothing(request) if lines is None else Response(lines, media_type="application/x-jsonl")

    async def _content(self, request: Request) -> Response:
        self._note(request)
        found = self._files.get(request.path_params["key"])
        if found is None:
            return _nothing(request)
        name = {"content-disposition": f'attachment; filename="{found[0]["filename"]}"'}
        return StreamingResponse(_pieces(found[1]), headers=name, media_type=found[0]["mime_type"])

    def _kept(self, request: Request) -> dict[str, Json]:
        if request.url.path.startswith("/v1/files"):
            return {key: described for key, (described, _) in self._files.items()}
        return self._batches

    def _note(self, request: Request) -> None:
        self.asked.append(Asked(request.method, request.url.path, dict(request.headers)))


async def _result(asked: Json) -> Json:
    params: Json = {**asked["params"], "stream": False}
    answer: Any = json.loads(bytes((await replied(obey(params), params)).body))
    return {"custom_id": asked["custom_id"], "result": {"type": "succeeded", "message": answer}}


def _file_in(body: bytes, content_type: str) -> tuple[bytes, str]:
    """The content of the only part of a form, and its file's name."""
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    head, _, rest = body.partition(b"\r\n\r\n")
    name = _FILENAME.search(head)
    return rest.partition(b"\r\n" + boundary)[0], name[1].decode() if name else "file"


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE_BYTES):
        yield content[start : start + _PIECE_BYTES]


def _nothing(request: Request) -> Response:
    return failed(Failure(404, "not_found_error", f"Not found: {request.url.path}"))
